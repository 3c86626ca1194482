using System.Text;
using GoQueue.Core.Records.Compression;

namespace GoQueue.Core.Records;

/// <summary>
/// Encodes records into one batch. Reusable: <see cref="Reset"/> starts the next batch in the same pooled array, so appending a record
/// allocates nothing once the array has grown to the batch size. Not thread-safe; the owner disposes it.
/// </summary>
public sealed class RecordBatchBuilder : IDisposable
{
    private const int InitialCapacity = 4096;

    private readonly PooledBytes bytes = new(InitialCapacity);
    private PriorityLane lane;
    private CompressionCodec codec;
    private bool isControl;
    private bool isTransactional;
    private long? baseTimestamp;
    private long maxTimestamp;

    public RecordBatchBuilder()
    {
        Reset();
    }

    /// <summary>Records appended since the last reset.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the batch as it stands, header included, before compression.</summary>
    public int EstimatedSize => bytes.Length;

    /// <summary>Starts an empty batch.</summary>
    /// <param name="baseTimestamp">What record timestamps are counted from; null takes the first record's.</param>
    /// <param name="isControl">A batch of state records, never shown to consumers.</param>
    public void Reset(
        UnixMillis? baseTimestamp = null,
        PriorityLane lane = PriorityLane.Normal,
        CompressionCodec codec = CompressionCodec.None,
        bool isControl = false,
        bool isTransactional = false)
    {
        Invariant.Check(lane <= PriorityLane.Background, "a batch has one of the five lanes");
        Invariant.Check(codec <= CompressionCodec.Snappy, "a batch is plain, gzip or snappy");
        bytes.Truncate(0);
        bytes.Extend(RecordBatchLayout.HeaderSize);
        Count = 0;
        maxTimestamp = 0;
        this.baseTimestamp = baseTimestamp?.Value;
        this.lane = lane;
        this.codec = codec;
        this.isControl = isControl;
        this.isTransactional = isTransactional;
    }

    /// <summary>
    /// Appends a record. False, with nothing changed, when the batch would then exceed <paramref name="maxBatchBytes"/> before compression; on
    /// an empty builder that means that the record alone is too large.
    /// </summary>
    /// <param name="timestamp">Create time, 0 or later.</param>
    /// <param name="key">Ignored when <paramref name="keyIsNull"/>.</param>
    /// <param name="value">Ignored when <paramref name="valueIsNull"/>.</param>
    public bool TryAppend(
        UnixMillis timestamp,
        ReadOnlySpan<byte> key,
        bool keyIsNull,
        ReadOnlySpan<byte> value,
        bool valueIsNull,
        ReadOnlySpan<RecordHeader> headers,
        int maxBatchBytes)
    {
        Invariant.Check(timestamp.Value >= 0, "a record has a timestamp of 0 or later");
        long timestampDelta = timestamp.Value - (baseTimestamp ?? timestamp.Value);
        long bodySize = 1L + Varint.SizeOf(timestampDelta) + Varint.SizeOf(Count)
            + SizeOfNullable(key, keyIsNull) + SizeOfNullable(value, valueIsNull) + SizeOfHeaders(headers);
        if (bodySize > maxBatchBytes || bytes.Length + bodySize + Varint.SizeOf((int)bodySize) > maxBatchBytes)
        {
            return false;
        }

        Span<byte> record = bytes.Extend((int)bodySize + Varint.SizeOf((int)bodySize));
        int at = Varint.Write(record, (int)bodySize);
        record[at++] = 0; // attributes of a record: none are defined
        at += Varint.Write(record[at..], timestampDelta);
        at += Varint.Write(record[at..], Count);
        at += WriteNullable(record[at..], key, keyIsNull);
        at += WriteNullable(record[at..], value, valueIsNull);
        at += WriteHeaders(record[at..], headers);
        Invariant.Check(at == record.Length, "a record fills the size computed for it", record.Length, at);

        baseTimestamp ??= timestamp.Value;
        maxTimestamp = Math.Max(maxTimestamp, timestamp.Value);
        Count++;
        return true;
    }

    /// <summary>Appends a record with a key and a value, neither null, without headers.</summary>
    public bool TryAppend(UnixMillis timestamp, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, int maxBatchBytes) =>
        TryAppend(timestamp, key, keyIsNull: false, value, valueIsNull: false, [], maxBatchBytes);

    /// <summary>Appends a state record to a control batch.</summary>
    public bool TryAppendControl(UnixMillis timestamp, ControlRecordKey key, ReadOnlySpan<byte> value, int maxBatchBytes)
    {
        Invariant.Check(isControl, "state records go into control batches");
        Span<byte> encodedKey = stackalloc byte[ControlRecordKey.Size];
        key.Write(encodedKey);
        return TryAppend(timestamp, encodedKey, keyIsNull: false, value, valueIsNull: false, [], maxBatchBytes);
    }

    /// <summary>A batch without producer identity; see <see cref="Build(ProducerId, short, int)"/>.</summary>
    public SharedBuffer Build() => Build(ProducerId.None, -1, -1);

    /// <summary>
    /// The whole batch: base offset 0, leader epoch -1, CRC set. The caller owns the one reference. The builder stays as it is, so the same
    /// records can be built again under another identity. Records that do not get smaller by compression are left plain.
    /// </summary>
    /// <param name="producerId">Or <see cref="ProducerId.None"/>, then epoch and sequence are -1.</param>
    public SharedBuffer Build(ProducerId producerId, short producerEpoch, int baseSequence)
    {
        Invariant.Check(Count > 0, "a batch has a record");
        SharedBuffer batch = CopyRecords(out CompressionCodec usedCodec);
        RecordBatchHeaderFields fields = new()
        {
            Attributes = AttributesOf(usedCodec),
            LastOffsetDelta = Count - 1,
            BaseTimestamp = baseTimestamp!.Value,
            MaxTimestamp = maxTimestamp,
            ProducerId = producerId.Value,
            ProducerEpoch = producerEpoch,
            BaseSequence = baseSequence,
            RecordCount = Count,
        };
        fields.WriteWithCrc(batch.Span);
        return batch;
    }

    public void Dispose() => bytes.Dispose();

    private SharedBuffer CopyRecords(out CompressionCodec usedCodec)
    {
        usedCodec = CompressionCodec.None;
        ReadOnlySpan<byte> records = bytes.Span[RecordBatchLayout.HeaderSize..];
        if (codec != CompressionCodec.None)
        {
            SharedBuffer? compressed = BatchCompression.CompressAfter(RecordBatchLayout.HeaderSize, codec, records);
            if (compressed is not null)
            {
                usedCodec = codec;
                return compressed;
            }
        }

        return SharedBuffer.CopyOf(bytes.Span);
    }

    private short AttributesOf(CompressionCodec usedCodec)
    {
        int attributes = (int)usedCodec | ((int)lane << RecordBatchLayout.LaneShift);
        attributes |= isControl ? RecordBatchLayout.ControlBit : 0;
        attributes |= isTransactional ? RecordBatchLayout.TransactionalBit : 0;
        return (short)attributes;
    }

    private static long SizeOfNullable(ReadOnlySpan<byte> field, bool isNull) => isNull ? 1 : Varint.SizeOf(field.Length) + (long)field.Length;

    private static long SizeOfHeaders(ReadOnlySpan<RecordHeader> headers)
    {
        long size = Varint.SizeOf(headers.Length);
        foreach (ref readonly RecordHeader header in headers)
        {
            int keyLength = Encoding.UTF8.GetByteCount(header.Key);
            size += Varint.SizeOf(keyLength) + keyLength + SizeOfNullable(header.Value.Span, header.ValueIsNull);
        }

        return size;
    }

    private static int WriteNullable(Span<byte> destination, ReadOnlySpan<byte> field, bool isNull)
    {
        if (isNull)
        {
            return Varint.Write(destination, -1);
        }

        int at = Varint.Write(destination, field.Length);
        field.CopyTo(destination[at..]);
        return at + field.Length;
    }

    private static int WriteHeaders(Span<byte> destination, ReadOnlySpan<RecordHeader> headers)
    {
        int at = Varint.Write(destination, headers.Length);
        foreach (ref readonly RecordHeader header in headers)
        {
            int keyLength = Encoding.UTF8.GetByteCount(header.Key);
            at += Varint.Write(destination[at..], keyLength);
            at += Encoding.UTF8.GetBytes(header.Key, destination[at..]);
            at += WriteNullable(destination[at..], header.Value.Span, header.ValueIsNull);
        }

        return at;
    }
}
