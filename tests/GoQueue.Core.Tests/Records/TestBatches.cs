using System.Buffers.Binary;
using System.Text;
using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

/// <summary>A record as plain data, for comparing what was written with what is read.</summary>
public sealed record PlainRecord(long Offset, long Timestamp, byte[]? Key, byte[]? Value, IReadOnlyList<(string Key, byte[]? Value)> Headers)
{
    public static PlainRecord Of(in Record record)
    {
        List<(string, byte[]?)> headers = [];
        foreach (RecordHeaderView header in record.Headers)
        {
            headers.Add((Encoding.UTF8.GetString(header.Key), header.ValueIsNull ? null : header.Value.ToArray()));
        }

        return new PlainRecord(
            record.Offset.Value,
            record.Timestamp.Value,
            record.KeyIsNull ? null : record.Key.ToArray(),
            record.ValueIsNull ? null : record.Value.ToArray(),
            headers);
    }

    /// <summary>Every field as one line, so that a failed comparison shows the difference.</summary>
    public override string ToString() =>
        $"{Offset}@{Timestamp} {Show(Key)}={Show(Value)} [{string.Join(',', Headers.Select(h => $"{h.Key}:{Show(h.Value)}"))}]";

    private static string Show(byte[]? bytes) => bytes is null ? "null" : "x" + Convert.ToHexString(bytes);
}

/// <summary>Batches for tests.</summary>
internal static class TestBatches
{
    public const int Limit = 1 << 20;

    public static RecordHeader ToHeader((string Key, byte[]? Value) header) => new(header.Key, header.Value, header.Value is null);

    /// <summary>Encodes records whose offsets are 0, 1, ... </summary>
    public static byte[] Encode(IEnumerable<PlainRecord> records, CompressionCodec codec = CompressionCodec.None, PriorityLane lane = PriorityLane.Normal)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(lane: lane, codec: codec);
        foreach (PlainRecord record in records)
        {
            RecordHeader[] headers = [.. record.Headers.Select(ToHeader)];
            Assert.True(builder.TryAppend(
                new UnixMillis(record.Timestamp), record.Key, record.Key is null, record.Value, record.Value is null, headers, 64 << 20));
        }

        using SharedBuffer batch = builder.Build();
        return batch.Span.ToArray();
    }

    /// <summary>A plain batch of <paramref name="count"/> small records.</summary>
    public static byte[] Small(int count = 3, CompressionCodec codec = CompressionCodec.None) =>
        Encode(
            Enumerable.Range(0, count).Select(i => new PlainRecord(
                i, 1_700_000_000_000 + i, Encoding.UTF8.GetBytes($"key-{i}"), Encoding.UTF8.GetBytes($"value of record number {i}"), [("h", [1, 2])])),
            codec);

    /// <summary>A batch around given record bytes, with a correct CRC, for records that no builder would write.</summary>
    public static byte[] Around(ReadOnlySpan<byte> records, int count, CompressionCodec codec = CompressionCodec.None)
    {
        byte[] batch = [.. Small(1)[..RecordBatchLayout.HeaderSize], .. records];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatchLayout.BatchLength), batch.Length - RecordBatchLayout.LengthOverhead);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatchLayout.Attributes), (short)codec);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatchLayout.LastOffsetDelta), count - 1);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatchLayout.RecordCount), count);
        return WithCrc(batch);
    }

    /// <summary>Changes a batch and makes its CRC right again.</summary>
    public static byte[] Changed(byte[] batch, Action<byte[]> change)
    {
        byte[] copy = [.. batch];
        change(copy);
        return WithCrc(copy);
    }

    public static List<PlainRecord> Decode(ReadOnlySpan<byte> batch)
    {
        List<PlainRecord> records = [];
        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
        Assert.Null(error);
        foreach (Record record in reader)
        {
            records.Add(PlainRecord.Of(record));
        }

        return records;
    }

    public static void AssertSame(IEnumerable<PlainRecord> expected, IEnumerable<PlainRecord> actual) =>
        Assert.Equal(expected.Select(r => r.ToString()), actual.Select(r => r.ToString()));

    private static byte[] WithCrc(byte[] batch)
    {
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(RecordBatchLayout.Crc), Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)));
        return batch;
    }
}
