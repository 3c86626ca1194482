namespace GoQueue.Core.Records;

/// <summary>
/// Decides whether bytes are a sound record batch. Every refusal is an <see cref="Error"/> that says what was expected and what was seen; a
/// sound batch costs no allocation. Three depths:
/// <list type="bullet">
/// <item><see cref="Validate(ReadOnlySpan{byte}, int)"/>: a fresh batch from a client, header and CRC. The hot path.</item>
/// <item><see cref="ValidateStored"/>: a batch from disk or from a leader, which compaction may have thinned.</item>
/// <item><see cref="ValidateRecords"/>: also walks the records, inflating them if need be.</item>
/// </list>
/// </summary>
public static class RecordBatchValidator
{
    /// <summary>A fresh data batch from a client: see <see cref="Validate(ReadOnlySpan{byte}, int, RecordBatchKinds)"/>.</summary>
    public static Error? Validate(ReadOnlySpan<byte> batch, int maxBatchBytes) => Validate(batch, maxBatchBytes, RecordBatchKinds.Data);

    /// <summary>
    /// Checks a fresh batch: exactly one batch and nothing behind it, within the size limit, magic 2, CRC, a supported codec, a known lane, no
    /// reserved bits, offsets dense from 0, sane timestamps and producer fields. Records are not looked at.
    /// </summary>
    /// <param name="batch">The bytes as received; base offset and leader epoch may hold anything, the leader overwrites them.</param>
    /// <param name="maxBatchBytes">Limit on the whole batch, header included.</param>
    public static Error? Validate(ReadOnlySpan<byte> batch, int maxBatchBytes, RecordBatchKinds accepted)
    {
        if (batch.Length > maxBatchBytes)
        {
            return new Error(ErrorCode.MessageTooLarge, $"the batch has {batch.Length} bytes, {maxBatchBytes} are allowed");
        }

        return CheckFrame(batch)
            ?? CheckAttributes(new RecordBatchHeader(batch))
            ?? CheckKind(new RecordBatchHeader(batch), accepted)
            ?? CheckFreshCounts(new RecordBatchHeader(batch))
            ?? CheckFreshStamps(new RecordBatchHeader(batch))
            ?? CheckCrc(batch);
    }

    /// <summary>
    /// Checks a batch that a leader accepted earlier. It may be of any kind, and after compaction it may hold fewer records than offsets, down
    /// to none at all.
    /// </summary>
    public static Error? ValidateStored(ReadOnlySpan<byte> batch)
    {
        return CheckFrame(batch)
            ?? CheckAttributes(new RecordBatchHeader(batch))
            ?? CheckStoredCounts(new RecordBatchHeader(batch))
            ?? CheckCrc(batch);
    }

    /// <summary>
    /// Walks the records of a batch that <see cref="Validate(ReadOnlySpan{byte}, int)"/> found sound: lengths, count, offset deltas 0 to count-1,
    /// timestamps. Plain batches cost no allocation; compressed ones inflate into a pooled buffer under the cap.
    /// </summary>
    public static Error? ValidateRecords(ReadOnlySpan<byte> batch, RecordReadLimits limits)
    {
        using RecordBatchReader reader = RecordBatchReader.Open(batch, limits, out Error? error);
        return error ?? CheckFreshRecords(reader);
    }

    /// <summary>Structure that must hold before any other field is worth reading, and what a reader of records relies on.</summary>
    internal static Error? CheckFrame(ReadOnlySpan<byte> batch)
    {
        if (batch.Length < RecordBatchLayout.HeaderSize)
        {
            return Corrupt($"a batch has at least {RecordBatchLayout.HeaderSize} bytes, this one has {batch.Length}");
        }

        RecordBatchHeader header = new(batch);
        if (header.Magic != RecordBatchLayout.CurrentMagic)
        {
            return new Error(ErrorCode.UnsupportedBatchVersion, $"the batch has magic {header.Magic}, only {RecordBatchLayout.CurrentMagic} is accepted");
        }

        if (header.TotalSize != batch.Length)
        {
            return Corrupt($"the length field announces a batch of {header.TotalSize} bytes, {batch.Length} are there");
        }

        return null;
    }

    internal static Error? CheckAttributes(RecordBatchHeader header)
    {
        if (header.Compression > CompressionCodec.Snappy)
        {
            return new Error(ErrorCode.UnsupportedCompression, $"compression codec {(int)header.Compression} is not supported; use none (0), gzip (1) or snappy (2)");
        }

        if (((ushort)header.Attributes & RecordBatchLayout.ReservedMask) != 0)
        {
            return Corrupt($"attributes 0x{(ushort)header.Attributes:x4} set bits that must be zero (mask 0x{RecordBatchLayout.ReservedMask:x4})");
        }

        return header.Lane > PriorityLane.Background
            ? Corrupt($"priority lane {(int)header.Lane} does not exist; lanes are 0 to {(int)PriorityLane.Background}")
            : null;
    }

    internal static Error? CheckStoredCounts(RecordBatchHeader header)
    {
        if (header.LastOffsetDelta < 0)
        {
            return Corrupt($"the last offset delta is {header.LastOffsetDelta}, it is 0 or more");
        }

        // Compaction removes records and keeps the offsets, so the count is at most what the offsets span.
        if (header.RecordCount < 0 || header.RecordCount > header.LastOffsetDelta + 1L)
        {
            return Corrupt($"{header.RecordCount} records do not fit the {header.LastOffsetDelta + 1L} offsets of the batch");
        }

        return CheckCountFitsSize(header);
    }

    private static Error? CheckKind(RecordBatchHeader header, RecordBatchKinds accepted)
    {
        if (header.IsControl && (accepted & RecordBatchKinds.Control) == 0)
        {
            return new Error(ErrorCode.InvalidArgument, "control batches are written by brokers only; clear attributes bit 5");
        }

        if (header.IsTransactional && (accepted & RecordBatchKinds.Transactional) == 0)
        {
            return new Error(ErrorCode.InvalidArgument, "the batch is transactional (attributes bit 4), but no transaction is accepted here");
        }

        return header.HasLogAppendTime
            ? new Error(ErrorCode.InvalidArgument, "append time (attributes bit 3) is set by brokers only; clients send create time")
            : null;
    }

    private static Error? CheckFreshCounts(RecordBatchHeader header)
    {
        if (header.RecordCount < 1)
        {
            return Corrupt($"the batch counts {header.RecordCount} records, at least one is needed");
        }

        if (header.LastOffsetDelta != header.RecordCount - 1)
        {
            return Corrupt($"the last offset delta is {header.LastOffsetDelta}, {header.RecordCount} records need {header.RecordCount - 1}");
        }

        return CheckCountFitsSize(header);
    }

    /// <summary>A plain record takes seven bytes, so a count that cannot be true is refused before anyone loops over it.</summary>
    private static Error? CheckCountFitsSize(RecordBatchHeader header)
    {
        long recordBytes = header.TotalSize - RecordBatchLayout.HeaderSize;
        return header.Compression == CompressionCodec.None && header.RecordCount > recordBytes / RecordFrame.MinSize
            ? Corrupt($"{header.RecordCount} records do not fit into {recordBytes} bytes")
            : null;
    }

    private static Error? CheckFreshStamps(RecordBatchHeader header)
    {
        if (header.BaseTimestamp.Value < 0 || header.MaxTimestamp.Value < 0)
        {
            return new Error(ErrorCode.InvalidArgument, $"base and max timestamp are {header.BaseTimestamp} and {header.MaxTimestamp}, both must be 0 or later");
        }

        if (header.ProducerId.Value < ProducerId.None.Value)
        {
            return new Error(ErrorCode.InvalidArgument, $"producer id {header.ProducerId} does not exist; -1 stands for none");
        }

        // Without a producer id the epoch and sequence mean nothing; some clients send zeros there.
        if (!header.ProducerId.IsNone && (header.ProducerEpoch < 0 || header.BaseSequence < 0))
        {
            return new Error(
                ErrorCode.InvalidArgument,
                $"producer {header.ProducerId} sent epoch {header.ProducerEpoch} and base sequence {header.BaseSequence}, both must be 0 or more");
        }

        return null;
    }

    private static Error? CheckCrc(ReadOnlySpan<byte> batch)
    {
        uint expected = new RecordBatchHeader(batch).Crc;
        uint seen = Crc32C.Compute(RecordBatchHeader.CrcCovered(batch));
        return seen == expected ? null : Corrupt($"the batch announces CRC-32C 0x{expected:x8}, its bytes have 0x{seen:x8}");
    }

    private static Error? CheckFreshRecords(scoped in RecordBatchReader reader)
    {
        int index = 0;
        long maxTimestamp = long.MinValue;
        foreach (Record record in reader)
        {
            if (record.OffsetDelta != index)
            {
                return Corrupt($"record {index} has offset delta {record.OffsetDelta}, fresh batches count from 0 without gaps");
            }

            if (record.Timestamp.Value < 0)
            {
                return Corrupt($"record {index} has timestamp {record.Timestamp}, it must be 0 or later");
            }

            maxTimestamp = Math.Max(maxTimestamp, record.Timestamp.Value);
            index++;
        }

        return maxTimestamp == reader.Header.MaxTimestamp.Value
            ? null
            : Corrupt($"the max timestamp is {reader.Header.MaxTimestamp}, the latest record has {maxTimestamp}");
    }

    internal static Error Corrupt(string detail) => new(ErrorCode.CorruptBatch, detail);
}
