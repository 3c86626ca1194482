using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Invariants;

/// <summary>
/// What is committed of one partition, byte for byte, as whoever saw it first had it: every replica below its high watermark and every reader must have the same (L14, L3,
/// invariants b and d of semantics.md section 1), and every state folded from it must be the same. Of a compacted topic it is the records that must be the same,
/// because each replica compacts by itself: see <see cref="Keys"/>.
/// </summary>
internal sealed class CommittedBatches(TopicPartition partition, bool isCompacted)
{
    private readonly Dictionary<long, (uint Checksum, int Length, UnixMillis Latest, string Where)> batches = [];
    private readonly Dictionary<long, (ulong Digest, string Where)> states = [];

    /// <summary>Null where nothing is compacted.</summary>
    public CommittedKeys? Keys { get; } = isCompacted ? new CommittedKeys(partition) : null;

    /// <param name="where">Who has it.</param>
    public void Check(ReadOnlySpan<byte> batch, string rule, string where)
    {
        if (Keys is not null)
        {
            Keys.Check(batch, rule, where);
            return;
        }

        RecordBatchHeader header = new(batch);
        long at = header.BaseOffset.Value;
        uint checksum = Crc32C.Compute(batch);
        if (!batches.TryAdd(at, (checksum, batch.Length, header.MaxTimestamp, where)))
        {
            (uint known, int length, _, string first) = batches[at];
            SimulationFailure.Unless(
                known == checksum && length == batch.Length, rule, $"the batch at {at} of {partition} is not the same for {where} ({batch.Length} bytes) as for {first} ({length} bytes), and both are committed");
        }
    }

    /// <summary>L13: retention took what stood there; each batch of it was older than that.</summary>
    /// <param name="now">Of the node that did it.</param>
    public void CheckExpired(long from, long to, long retentionMillis, UnixMillis now, string where)
    {
        for (long at = from; at < to; at++)
        {
            if (batches.TryGetValue(at, out (uint, int, UnixMillis Latest, string) batch))
            {
                SimulationFailure.Unless(
                    retentionMillis >= 0 && now.Value - batch.Latest.Value > retentionMillis,
                    "L13",
                    $"{where} removed the batch at {at} at {now}, whose newest record is of {batch.Latest}; records are kept for {retentionMillis} ms");
            }
        }
    }

    /// <summary>The state folded from everything below an offset, of which all is committed.</summary>
    public void CheckState(long position, ReadOnlySpan<byte> state, string where)
    {
        ulong digest = ((ulong)Crc32C.Compute(state) << 32) | (uint)state.Length;
        if (!states.TryAdd(position, (digest, where)))
        {
            SimulationFailure.Unless(states[position].Digest == digest, "state", $"the state of {partition} at {position} is another on {where} than on {states[position].Where}");
        }
    }
}
