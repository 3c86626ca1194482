using System.Text;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>Small batches with readable content.</summary>
internal static class Batches
{
    public static readonly UnixMillis Time = new(1_700_000_000_000);

    public static SharedBuffer Of(params string[] values) => From(ProducerId.None, -1, -1, values);

    public static SharedBuffer From(ProducerId producer, short epoch, int sequence, params string[] values)
    {
        using RecordBatchBuilder builder = new();
        foreach (string value in values)
        {
            Assert.True(builder.TryAppend(Time, "k"u8, Encoding.UTF8.GetBytes(value), int.MaxValue));
        }

        return builder.Build(producer, epoch, sequence);
    }

    /// <summary>Every record of the slices as <c>offset=value</c>.</summary>
    public static List<string> Read(IEnumerable<BufferSlice> slices)
    {
        List<string> records = [];
        foreach (BufferSlice slice in slices)
        {
            ReadOnlySpan<byte> bytes = slice.Span;
            while (bytes.Length > 0)
            {
                int size = (int)new RecordBatchHeader(bytes).TotalSize;
                using RecordBatchReader reader = RecordBatchReader.Open(bytes[..size], RecordReadLimits.Default, out Error? error);
                Assert.Null(error);
                foreach (Core.Records.Record record in reader)
                {
                    records.Add($"{record.Offset}={Encoding.UTF8.GetString(record.Value)}");
                }

                bytes = bytes[size..];
            }
        }

        return records;
    }
}
