using System.Buffers.Binary;

namespace GoQueue.Core.Records;

/// <summary>The header fields an encoder decides; the others follow from the batch itself.</summary>
internal ref struct RecordBatchHeaderFields
{
    public long BaseOffset;
    public int LeaderEpoch = Core.LeaderEpoch.None.Value;
    public short Attributes;
    public int LastOffsetDelta;
    public long BaseTimestamp;
    public long MaxTimestamp;
    public long ProducerId;
    public short ProducerEpoch;
    public int BaseSequence;
    public int RecordCount;

    public RecordBatchHeaderFields()
    {
    }

    /// <summary>Writes the header before the records that stand in <paramref name="batch"/> already, the CRC last.</summary>
    public readonly void WriteWithCrc(Span<byte> batch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchLayout.BaseOffset..], BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.BatchLength..], batch.Length - RecordBatchLayout.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.PartitionLeaderEpoch..], LeaderEpoch);
        batch[RecordBatchLayout.Magic] = RecordBatchLayout.CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatchLayout.Attributes..], Attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.LastOffsetDelta..], LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchLayout.BaseTimestamp..], BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchLayout.MaxTimestamp..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchLayout.ProducerId..], ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatchLayout.ProducerEpoch..], ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.BaseSequence..], BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.RecordCount..], RecordCount);
        BinaryPrimitives.WriteUInt32BigEndian(batch[RecordBatchLayout.Crc..], Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)));
    }
}
