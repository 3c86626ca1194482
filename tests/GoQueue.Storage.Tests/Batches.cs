using System.Text;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Storage.Tests;

/// <summary>Makes stamped batches and reads logs back.</summary>
internal static class Batches
{
    public static readonly UnixMillis Now = new(1_700_000_000_000);

    /// <summary>Of the logs of most tests.</summary>
    public static readonly LogIdentity Log = new(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 7);

    /// <summary>A stamped batch of <paramref name="count"/> records whose values name their offset.</summary>
    public static SharedBuffer Make(long baseOffset, int count = 1, int epoch = 0, int valueBytes = 20, long? timestamp = null, int seed = 0)
    {
        using RecordBatchBuilder builder = new();
        for (int index = 0; index < count; index++)
        {
            string text = $"{baseOffset + index}/{epoch}/{seed}:";
            byte[] value = new byte[Math.Max(valueBytes, text.Length)];
            new Random(HashCode.Combine(baseOffset + index, seed)).NextBytes(value);
            Encoding.ASCII.GetBytes(text, value);
            Assert.True(builder.TryAppend(new UnixMillis(timestamp ?? (Now.Value + baseOffset + index)), "key"u8, value, int.MaxValue));
        }

        return Stamped(builder.Build(), baseOffset, epoch);
    }

    public static SharedBuffer Stamped(SharedBuffer batch, long baseOffset, int epoch = 0)
    {
        RecordBatchHeader.Stamp(batch.Span, new Offset(baseOffset), new LeaderEpoch(epoch));
        return batch;
    }

    /// <summary>Appends one batch at the end and gives up the caller's reference.</summary>
    public static byte[] AppendOne(this PartitionLog log, int count = 1, int epoch = 0, int valueBytes = 20, long? timestamp = null, int seed = 0, UnixMillis? now = null)
    {
        using SharedBuffer batch = Make(log.EndOffset.Value, count, epoch, valueBytes, timestamp, seed);
        log.Append([batch], now ?? Now);
        return batch.Span.ToArray();
    }

    /// <summary>Everything from <paramref name="from"/> to the end, batch by batch; throws on an error.</summary>
    public static List<byte[]> ReadAll(this PartitionLog log, Offset? from = null, int maxBytes = 1 << 20)
    {
        List<byte[]> all = [];
        Offset at = from ?? log.StartOffset;
        while (true)
        {
            LogRead read = log.Read(at, log.EndOffset, maxBytes);
            if (read.Error is Error error)
            {
                throw new InvalidOperationException(error.ToString());
            }

            if (read.Slices.Count == 0)
            {
                return all;
            }

            foreach (BufferSlice slice in read.Slices)
            {
                all.AddRange(Split(slice.Span));
                slice.Buffer.Release();
            }

            Assert.True(read.NextOffset > at, "a read moves on");
            at = read.NextOffset;
        }
    }

    public static List<byte[]> Split(ReadOnlySpan<byte> bytes)
    {
        List<byte[]> batches = [];
        RecordBatchSequence sequence = new(bytes);
        while (sequence.MoveNext())
        {
            Assert.Null(RecordBatchValidator.ValidateStored(sequence.Current));
            batches.Add(sequence.Current.ToArray());
        }

        Assert.True(sequence.Rest.IsEmpty);
        return batches;
    }

    public static Offset BaseOffset(byte[] batch) => new RecordBatchHeader(batch).BaseOffset;
}
