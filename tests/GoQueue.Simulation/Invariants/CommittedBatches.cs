using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Invariants;

/// <summary>
/// What is committed of one partition, byte for byte, as whoever saw it first had it: every replica below its high watermark and every reader must have the same (L14, L3,
/// invariants b and d of semantics.md section 1), and every state folded from it must be the same.
/// </summary>
internal sealed class CommittedBatches(TopicPartition partition)
{
    private readonly Dictionary<long, (uint Checksum, int Length, string Where)> batches = [];
    private readonly Dictionary<long, (ulong Digest, string Where)> states = [];

    /// <param name="where">Who has it.</param>
    public void Check(ReadOnlySpan<byte> batch, string rule, string where)
    {
        long at = new RecordBatchHeader(batch).BaseOffset.Value;
        uint checksum = Crc32C.Compute(batch);
        if (!batches.TryAdd(at, (checksum, batch.Length, where)))
        {
            (uint known, int length, string first) = batches[at];
            SimulationFailure.Unless(
                known == checksum && length == batch.Length, rule, $"the batch at {at} of {partition} is not the same for {where} ({batch.Length} bytes) as for {first} ({length} bytes), and both are committed");
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
