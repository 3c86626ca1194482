using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Partitions.Tests;

/// <summary>The header fields the fold looks at, and the bytes of such a header.</summary>
internal sealed record Batch(long Producer, short Epoch, int Sequence, int Count = 1, long Offset = 0, long Timestamp = 1000)
{
    public short Attributes { get; init; }

    /// <summary>The record count field; a compacted batch keeps its delta and loses records.</summary>
    public int? StoredCount { get; init; }

    public RecordBatchHeader Header()
    {
        byte[] bytes = new byte[RecordBatchLayout.HeaderSize];
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(RecordBatchLayout.BaseOffset), Offset);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatchLayout.BatchLength), RecordBatchLayout.HeaderSize - RecordBatchLayout.LengthOverhead);
        bytes[RecordBatchLayout.Magic] = RecordBatchLayout.CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(RecordBatchLayout.Attributes), Attributes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatchLayout.LastOffsetDelta), Count - 1);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(RecordBatchLayout.BaseTimestamp), Timestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(RecordBatchLayout.MaxTimestamp), Timestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(RecordBatchLayout.ProducerId), Producer);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(RecordBatchLayout.ProducerEpoch), Epoch);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatchLayout.BaseSequence), Sequence);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatchLayout.RecordCount), StoredCount ?? Count);
        return new RecordBatchHeader(bytes);
    }
}
