namespace GoQueue.Core.Records;

/// <summary>Byte positions of the record batch header, magic 2 (docs/internals/record-batch.md). All integers are big-endian.</summary>
public static class RecordBatchLayout
{
    public const int BaseOffset = 0;            // int64, set by the leader
    public const int BatchLength = 8;           // int32, bytes after this field
    public const int PartitionLeaderEpoch = 12; // int32, set by the leader
    public const int Magic = 16;                // int8, always 2
    public const int Crc = 17;                  // uint32, CRC-32C of everything after it
    public const int Attributes = 21;           // int16
    public const int LastOffsetDelta = 23;      // int32
    public const int BaseTimestamp = 27;        // int64, ms
    public const int MaxTimestamp = 35;         // int64, ms
    public const int ProducerId = 43;           // int64
    public const int ProducerEpoch = 51;        // int16
    public const int BaseSequence = 53;         // int32
    public const int RecordCount = 57;          // int32
    public const int HeaderSize = 61;

    /// <summary>Bytes before and including the length field: total size is the length plus this.</summary>
    public const int LengthOverhead = 12;

    public const byte CurrentMagic = 2;

    public const short CompressionMask = 0x0007;
    public const short LogAppendTimeBit = 0x0008;
    public const short TransactionalBit = 0x0010;
    public const short ControlBit = 0x0020;
    public const int LaneShift = 8;
    public const short LaneMask = 0x0700;

    /// <summary>Bits that must be zero: 6 and 7 (not ours) and 11 to 15 (unused).</summary>
    public const ushort ReservedMask = 0xF8C0;
}
