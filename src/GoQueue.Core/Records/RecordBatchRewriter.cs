using GoQueue.Core.Records.Compression;

namespace GoQueue.Core.Records;

/// <summary>
/// Writes a batch again with some of its records left out, as compaction does: <see cref="Begin"/>, <see cref="Keep"/> for each record that stays, in order, then
/// <see cref="Build"/>. Offsets, producer fields, lane, kind, codec and leader epoch stay as they were, so positions, dedup and fencing
/// are undisturbed; a batch may end up with no record at all and still hold its offsets and its producer's last sequence. Reusable, not
/// thread-safe; the owner disposes it.
/// </summary>
public sealed class RecordBatchRewriter : IDisposable
{
    private readonly PooledBytes bytes = new(4096);
    private readonly byte[] originalHeader = new byte[RecordBatchLayout.HeaderSize];
    private long maxTimestamp;
    private int lastDelta;

    /// <summary>Records kept so far.</summary>
    public int Count { get; private set; }

    /// <summary>Starts the new form of a batch that passed <see cref="RecordBatchValidator.ValidateStored"/>.</summary>
    public void Begin(ReadOnlySpan<byte> original)
    {
        original[..RecordBatchLayout.HeaderSize].CopyTo(originalHeader);
        bytes.Truncate(0);
        bytes.Extend(RecordBatchLayout.HeaderSize);
        Count = 0;
        lastDelta = -1;
        maxTimestamp = long.MinValue;
    }

    /// <summary>Keeps a record of the batch that was begun.</summary>
    public void Keep(in Record record)
    {
        Invariant.Check(record.OffsetDelta > lastDelta, "records are kept in their order", lastDelta + 1, record.OffsetDelta);
        record.Raw.CopyTo(bytes.Extend(record.Raw.Length));
        lastDelta = record.OffsetDelta;
        maxTimestamp = Math.Max(maxTimestamp, record.Timestamp.Value);
        Count++;
    }

    /// <summary>The new batch; the caller owns the one reference. Its max timestamp is that of the records kept, or the original one when none are.</summary>
    public SharedBuffer Build()
    {
        RecordBatchHeader original = new(originalHeader);
        SharedBuffer? compressed = original.Compression == CompressionCodec.None || Count == 0
            ? null
            : BatchCompression.CompressAfter(RecordBatchLayout.HeaderSize, original.Compression, bytes.Span[RecordBatchLayout.HeaderSize..]);
        SharedBuffer batch = compressed ?? SharedBuffer.CopyOf(bytes.Span);
        int codecBits = compressed is null ? 0 : (int)original.Compression;
        RecordBatchHeaderFields fields = new()
        {
            BaseOffset = original.BaseOffset.Value,
            LeaderEpoch = original.LeaderEpoch.Value,
            Attributes = (short)((original.Attributes & ~RecordBatchLayout.CompressionMask) | codecBits),
            LastOffsetDelta = original.LastOffsetDelta,
            BaseTimestamp = original.BaseTimestamp.Value,
            MaxTimestamp = Count == 0 ? original.MaxTimestamp.Value : maxTimestamp,
            ProducerId = original.ProducerId.Value,
            ProducerEpoch = original.ProducerEpoch,
            BaseSequence = original.BaseSequence,
            RecordCount = Count,
        };
        fields.WriteWithCrc(batch.Span);
        return batch;
    }

    public void Dispose() => bytes.Dispose();
}
