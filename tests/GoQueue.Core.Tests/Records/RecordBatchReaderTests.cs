using System.Buffers.Binary;
using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class RecordBatchReaderTests
{
    // A record: length, attributes, timestamp delta, offset delta, key length, value length, header count; varints are zig-zag (1 is 02).
    [Theory]
    [InlineData("0c 00 00 00 01 01 00", null)]
    [InlineData("0e 00 00 00 01 01 00", "goes beyond the batch")]
    [InlineData("0a 00 00 00 01 01 00", "less than a record's least")]
    [InlineData("0b 00 00 00 01 01 00", "less than a record's least")]
    [InlineData("ff ff ff ff 7f 00 00", "not a 32-bit varint")]
    [InlineData("0c 00 00 02 01 01 00", "offset delta 1, expected above -1 and at most 0")]
    [InlineData("0c 00 00 01 01 01 00", "offset delta -1")]
    [InlineData("0c 00 00 00 03 01 00", "key has a bad length")]
    [InlineData("0c 00 00 00 08 01 00", "key has a bad length")]
    [InlineData("0c 00 00 00 01 03 00", "value has a bad length")]
    [InlineData("0c 00 00 00 01 08 00", "value has a bad length")]
    [InlineData("0c 00 00 00 01 01 01", "header count does not fit")]
    [InlineData("0c 00 00 00 01 01 02", "header count does not fit")]
    [InlineData("10 00 00 00 01 01 02 01 00", "header key has a bad length")]
    [InlineData("10 00 00 00 01 01 02 00 03", "header value has a bad length")]
    [InlineData("10 00 00 00 01 01 02 00 01", null)]
    [InlineData("0e 00 00 00 01 01 00 00", "do not fill its length")]
    [InlineData("0c 00 00 00 01 01 00 00", "1 bytes follow the last of 1 records")]
    [InlineData("14 00 ff ff ff ff ff ff ff ff ff", "timestamp delta is not a 64-bit varint")]
    [InlineData("14 00 00 ff ff ff ff ff 01 01 00", "offset delta is not a 32-bit varint")]
    public void A_record_that_does_not_add_up_is_refused(string record, string? sentence)
    {
        byte[] batch = TestBatches.Around(Convert.FromHexString(record.Replace(" ", "", StringComparison.Ordinal)), 1);
        Assert.Null(RecordBatchValidator.ValidateStored(batch));

        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);

        if (sentence is null)
        {
            Assert.Null(error);
            return;
        }

        Assert.Equal(ErrorCode.CorruptBatch, error?.Code);
        Assert.Contains(sentence, error!.Value.Detail, StringComparison.Ordinal);
        Assert.Equal(0, Count(reader));
    }

    [Fact]
    public void Deep_validation_wants_dense_deltas_and_the_true_max_timestamp()
    {
        byte[] sparse = TestBatches.Changed(
            TestBatches.Around([0x0c, 0, 0, 0x04, 1, 1, 0], 1), b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(RecordBatchLayout.LastOffsetDelta), 2));
        byte[] wrongMax = TestBatches.Changed(TestBatches.Small(), b => BinaryPrimitives.WriteInt64BigEndian(b.AsSpan(RecordBatchLayout.MaxTimestamp), 5));
        byte[] negativeTime = TestBatches.Changed(
            TestBatches.Around([0x0c, 0, 0x03, 0, 1, 1, 0], 1), b => b.AsSpan(RecordBatchLayout.BaseTimestamp, 16).Clear());

        Assert.Contains("offset delta 2", RecordBatchValidator.ValidateRecords(sparse, RecordReadLimits.Default)!.Value.Detail, StringComparison.Ordinal);
        Assert.Contains("max timestamp", RecordBatchValidator.ValidateRecords(wrongMax, RecordReadLimits.Default)!.Value.Detail, StringComparison.Ordinal);
        Assert.Contains("timestamp -2", RecordBatchValidator.ValidateRecords(negativeTime, RecordReadLimits.Default)!.Value.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void Offsets_follow_the_stamped_base_offset(CompressionCodec codec)
    {
        byte[] batch = TestBatches.Small(6, codec);
        RecordBatchHeader.Stamp(batch, new Offset(1_000_000_000_000), new LeaderEpoch(4));

        Assert.Null(RecordBatchValidator.ValidateStored(batch));
        Assert.Equal(Enumerable.Range(0, 6).Select(i => 1_000_000_000_000L + i), TestBatches.Decode(batch).Select(r => r.Offset));
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void A_batch_without_bytes_for_its_records_reads_as_empty_only_if_it_counts_none(CompressionCodec codec)
    {
        byte[] emptied = TestBatches.Changed(
            TestBatches.Around([], 0, codec), b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(RecordBatchLayout.LastOffsetDelta), 4));
        Assert.Null(RecordBatchValidator.ValidateStored(emptied));
        Assert.Empty(TestBatches.Decode(emptied));

        Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.ValidateRecords(TestBatches.Around([], 1, codec), RecordReadLimits.Default)?.Code);
    }

    [Fact]
    public void Append_time_replaces_the_records_own_time()
    {
        byte[] batch = TestBatches.Changed(TestBatches.Small(3), b =>
        {
            BinaryPrimitives.WriteInt16BigEndian(b.AsSpan(RecordBatchLayout.Attributes), RecordBatchLayout.LogAppendTimeBit);
            BinaryPrimitives.WriteInt64BigEndian(b.AsSpan(RecordBatchLayout.MaxTimestamp), 123);
        });

        Assert.All(TestBatches.Decode(batch), r => Assert.Equal(123, r.Timestamp));
    }

    [Fact]
    public void A_compressed_batch_is_walked_once()
    {
        byte[] batch = TestBatches.Small(5, CompressionCodec.Gzip);
        Assert.Throws<InvariantViolationException>(() =>
        {
            RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out _);
            Count(reader);
            Count(reader);
        });
    }

    [Fact]
    public void The_last_header_of_a_key_is_found()
    {
        byte[] batch = TestBatches.Encode([new PlainRecord(0, 1, null, null, [("a", [1]), ("b", [2]), ("a", [3])])]);
        foreach (Record record in RecordBatchReader.Open(batch, RecordReadLimits.Default, out _))
        {
            Assert.True(record.Headers.TryGetLast("a"u8, out RecordHeaderView header));
            Assert.Equal([3], header.Value.ToArray());
            Assert.False(record.Headers.TryGetLast("c"u8, out _));
        }
    }

    [Fact]
    public void Batches_one_after_the_other_are_cut_apart_and_a_torn_end_is_left()
    {
        byte[] first = TestBatches.Small(1);
        byte[] second = TestBatches.Small(5);
        byte[] run = [.. first, .. second, .. first[..40]];
        List<int> sizes = [];
        RecordBatchSequence batches = new(run);
        while (batches.MoveNext())
        {
            sizes.Add(batches.Current.Length);
        }

        Assert.Equal([first.Length, second.Length], sizes);
        Assert.Equal(40, batches.Rest.Length);
    }

    private static int Count(RecordBatchReader reader)
    {
        int count = 0;
        foreach (Record record in reader)
        {
            count++;
        }

        return count;
    }
}
