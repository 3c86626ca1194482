using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Simulation.Clients;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Invariants;

/// <summary>
/// Every record that was ever committed of a compacted partition. Whoever counts it as committed first has it whole, because compaction touches sealed segments below the
/// high watermark only. Later some may be missing, none may be another or stand elsewhere, and what is folded by key must come out the same (L13, X2).
/// </summary>
internal sealed class CommittedKeys(TopicPartition partition)
{
    private readonly SortedDictionary<long, (int Key, long Value, bool IsTombstone)> records = [];
    private long seenEnd; // everything below was seen whole

    public void Check(ReadOnlySpan<byte> batch, string rule, string where)
    {
        RecordBatchHeader header = new(batch);
        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
        SimulationFailure.Unless(error is null && !header.IsControl, rule, $"the batch at {header.BaseOffset} of {partition} cannot be read on {where}: {error}");
        foreach (Record record in reader)
        {
            (int Key, long Value, bool IsTombstone) seen = Read(record);
            bool isKnown = records.TryGetValue(record.Offset.Value, out (int Key, long Value, bool IsTombstone) known);
            SimulationFailure.Unless(isKnown ? known == seen : record.Offset.Value >= seenEnd, rule, $"{where} has {seen} at {record.Offset} of {partition}, where {(isKnown ? known.ToString() : "nothing")} was committed");
            records.TryAdd(record.Offset.Value, seen);
        }

        seenEnd = Math.Max(seenEnd, header.NextOffset.Value);
    }

    /// <summary>L13 of one replica: of every key the latest value is there; a tombstone is there, or is gone with all that was before it.</summary>
    /// <param name="batches">All it has below <paramref name="end"/>.</param>
    public void CheckFold(IEnumerable<ReadOnlyMemory<byte>> batches, long end, string where)
    {
        SortedDictionary<int, long> wanted = [];
        foreach ((long offset, (int key, _, _)) in records)
        {
            if (offset < end)
            {
                wanted[key] = offset;
            }
        }

        SortedDictionary<int, long> found = [];
        foreach (ReadOnlyMemory<byte> batch in batches)
        {
            using RecordBatchReader reader = RecordBatchReader.Open(batch.Span, RecordReadLimits.Default, out _);
            foreach (Record record in reader)
            {
                found[Read(record).Key] = record.Offset.Value;
            }
        }

        foreach ((int key, long offset) in wanted)
        {
            long last = found.TryGetValue(key, out long there) ? there : -1;
            bool mayBeGone = records[offset].IsTombstone && last < 0;
            SimulationFailure.Unless(last == offset || mayBeGone, "L13", $"{where} has the last record of key {key} of {partition} at {last} below {end}; it is {records[offset]} at {offset}");
        }
    }

    private static (int Key, long Value, bool IsTombstone) Read(in Record record) => ((record.Key[0] << 8) | record.Key[1], MessageValue.Read(record), record.ValueIsNull);
}
