using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Storage.Cleaning;

/// <summary>
/// Decides what of a batch survives a pass (semantics X2): the last record of each key, records without a key (there is nothing to compact them
/// by, and dropping them would lose data silently), state records, and tombstones until their delay is over. An empty batch survives as
/// the last one of a live producer, so that its sequence does (I5), and as the first one of a leader epoch, so that a replica that is built from this log knows
/// where the epoch began (E1): else it would take what only a deposed leader has there for its own.
/// </summary>
internal sealed class RecordRetention(
    KeyMap keys, IReadOnlyDictionary<ProducerId, Offset> lastBatches, IEnumerable<EpochStart> epochs, Offset mappedUpTo, Offset tombstonesGoBelow, UnixMillis emptyBatchesAfter) : IDisposable
{
    private readonly HashSet<Offset> epochStarts = [.. epochs.Select(epoch => epoch.StartOffset)];
    private readonly RecordBatchRewriter rewriter = new();

    /// <summary>True when a tombstone was kept, which a later pass will drop.</summary>
    public bool HasKeptTombstone { get; private set; }

    /// <summary>The batch as it is to be kept; the caller owns the reference. Null when it goes.</summary>
    public Result<SharedBuffer?> Filter(ReadOnlySpan<byte> batch)
    {
        RecordBatchHeader header = new(batch);
        if (header.IsControl || header.BaseOffset >= mappedUpTo)
        {
            return SharedBuffer.CopyOf(batch);
        }

        if (header.RecordCount == 0)
        {
            return IsNeededEmpty(header) ? SharedBuffer.CopyOf(batch) : (SharedBuffer?)null;
        }

        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
        if (error is Error refused)
        {
            return refused;
        }

        rewriter.Begin(batch);
        foreach (Record record in reader)
        {
            if (IsKept(record))
            {
                rewriter.Keep(record);
            }
        }

        if (rewriter.Count == header.RecordCount)
        {
            return SharedBuffer.CopyOf(batch);
        }

        return rewriter.Count > 0 || IsNeededEmpty(header) ? rewriter.Build() : (SharedBuffer?)null;
    }

    public void Dispose() => rewriter.Dispose();

    private bool IsKept(in Record record)
    {
        if (record.KeyIsNull || record.Offset >= mappedUpTo)
        {
            return true;
        }

        if (keys.Get(record.Key) > record.Offset)
        {
            return false;
        }

        if (record.ValueIsNull)
        {
            bool isKept = record.Offset >= tombstonesGoBelow;
            HasKeptTombstone |= isKept;
            return isKept;
        }

        return true;
    }

    private bool IsNeededEmpty(in RecordBatchHeader header) => epochStarts.Contains(header.BaseOffset) || IsLastOfProducer(header);

    private bool IsLastOfProducer(in RecordBatchHeader header) =>
        !header.ProducerId.IsNone && header.MaxTimestamp > emptyBatchesAfter
        && (!lastBatches.TryGetValue(header.ProducerId, out Offset last) || last == header.BaseOffset);
}
