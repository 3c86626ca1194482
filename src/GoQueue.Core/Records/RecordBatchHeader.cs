using System.Buffers.Binary;

namespace GoQueue.Core.Records;

/// <summary>
/// Zero-copy view of a record batch header. Reading fields is always memory-safe once the span holds <see cref="RecordBatchLayout.HeaderSize"/>
/// bytes; nothing is trusted before <c>RecordBatchValidator</c> has looked at the whole batch.
/// </summary>
public readonly ref struct RecordBatchHeader
{
    private readonly ReadOnlySpan<byte> bytes;

    /// <param name="batch">At least <see cref="RecordBatchLayout.HeaderSize"/> bytes, starting at the base offset.</param>
    public RecordBatchHeader(ReadOnlySpan<byte> batch)
    {
        Invariant.Check(batch.Length >= RecordBatchLayout.HeaderSize, "a batch header has 61 bytes");
        bytes = batch;
    }

    public Offset BaseOffset => new(BinaryPrimitives.ReadInt64BigEndian(bytes[RecordBatchLayout.BaseOffset..]));

    /// <summary>The length field: bytes after it. See <see cref="TotalSize"/>.</summary>
    public int BatchLength => BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatchLayout.BatchLength..]);

    /// <summary>Bytes of the whole batch, header included. May be any value before validation, negative included.</summary>
    public long TotalSize => (long)BatchLength + RecordBatchLayout.LengthOverhead;

    public LeaderEpoch LeaderEpoch => new(BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatchLayout.PartitionLeaderEpoch..]));

    public byte Magic => bytes[RecordBatchLayout.Magic];

    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(bytes[RecordBatchLayout.Crc..]);

    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(bytes[RecordBatchLayout.Attributes..]);

    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatchLayout.LastOffsetDelta..]);

    public Offset LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>First offset after the batch.</summary>
    public Offset NextOffset => BaseOffset + LastOffsetDelta + 1;

    public UnixMillis BaseTimestamp => new(BinaryPrimitives.ReadInt64BigEndian(bytes[RecordBatchLayout.BaseTimestamp..]));

    public UnixMillis MaxTimestamp => new(BinaryPrimitives.ReadInt64BigEndian(bytes[RecordBatchLayout.MaxTimestamp..]));

    public ProducerId ProducerId => new(BinaryPrimitives.ReadInt64BigEndian(bytes[RecordBatchLayout.ProducerId..]));

    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(bytes[RecordBatchLayout.ProducerEpoch..]);

    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatchLayout.BaseSequence..]);

    public int RecordCount => BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatchLayout.RecordCount..]);

    /// <summary>The raw three compression bits; may name a codec that is not supported.</summary>
    public CompressionCodec Compression => (CompressionCodec)(Attributes & RecordBatchLayout.CompressionMask);

    public bool IsTransactional => (Attributes & RecordBatchLayout.TransactionalBit) != 0;

    /// <summary>True for state records (DESIGN.md section 4): never shown to consumers.</summary>
    public bool IsControl => (Attributes & RecordBatchLayout.ControlBit) != 0;

    public bool HasLogAppendTime => (Attributes & RecordBatchLayout.LogAppendTimeBit) != 0;

    public PriorityLane Lane => (PriorityLane)((Attributes & RecordBatchLayout.LaneMask) >> RecordBatchLayout.LaneShift);

    /// <summary>The bytes the CRC covers: attributes to the end of the batch.</summary>
    public static ReadOnlySpan<byte> CrcCovered(ReadOnlySpan<byte> batch) => batch[RecordBatchLayout.Attributes..];

    /// <summary>Stamps the fields the leader owns. They stand before the CRC-covered part, so the CRC stays right.</summary>
    public static void Stamp(Span<byte> batch, Offset baseOffset, LeaderEpoch epoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchLayout.BaseOffset..], baseOffset.Value);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.PartitionLeaderEpoch..], epoch.Value);
    }
}
