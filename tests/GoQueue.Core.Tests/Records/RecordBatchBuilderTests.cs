using System.Text;
using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class RecordBatchBuilderTests
{
    private static readonly PlainRecord[] Shapes =
    [
        new(0, 1_700_000_000_000, null, null, []),
        new(1, 1_700_000_000_005, [], [], [("", []), ("a", null)]),
        new(2, 1_600_000_000_000, "k"u8.ToArray(), "v"u8.ToArray(), [("clé", "wert"u8.ToArray()), ("clé", [0, 255])]),
        new(3, 1_700_000_000_001, new byte[300], new byte[70_000], []),
    ];

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void Every_record_shape_reads_back_as_it_was_written(CompressionCodec codec)
    {
        byte[] batch = TestBatches.Encode(Shapes, codec);

        Assert.Equal(codec, new RecordBatchHeader(batch).Compression);
        Assert.Null(RecordBatchValidator.Validate(batch, TestBatches.Limit));
        Assert.Null(RecordBatchValidator.ValidateRecords(batch, RecordReadLimits.Default));
        TestBatches.AssertSame(Shapes, TestBatches.Decode(batch));
    }

    [Fact]
    public void The_header_says_what_was_built()
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(lane: PriorityLane.Low, isTransactional: true);
        Assert.True(builder.TryAppend(new UnixMillis(1000), "k"u8, "v"u8, TestBatches.Limit));
        Assert.True(builder.TryAppend(new UnixMillis(900), "k"u8, "v"u8, TestBatches.Limit));
        Assert.True(builder.TryAppend(new UnixMillis(2000), "k"u8, "v"u8, TestBatches.Limit));

        using SharedBuffer batch = builder.Build(new ProducerId(77), 5, 41);
        RecordBatchHeader header = new(batch.Span);

        Assert.Equal(3, builder.Count);
        Assert.Equal(batch.Length, builder.EstimatedSize);
        Assert.Equal(batch.Length, header.TotalSize);
        Assert.Equal(new Offset(0), header.BaseOffset);
        Assert.Equal(LeaderEpoch.None, header.LeaderEpoch);
        Assert.Equal(2, header.LastOffsetDelta);
        Assert.Equal(3, header.RecordCount);
        Assert.Equal(new UnixMillis(1000), header.BaseTimestamp);
        Assert.Equal(new UnixMillis(2000), header.MaxTimestamp);
        Assert.Equal(new ProducerId(77), header.ProducerId);
        Assert.Equal(5, header.ProducerEpoch);
        Assert.Equal(41, header.BaseSequence);
        Assert.Equal(PriorityLane.Low, header.Lane);
        Assert.True(header.IsTransactional);
        Assert.False(header.IsControl);
        Assert.False(header.HasLogAppendTime);
    }

    [Fact]
    public void A_record_beyond_the_limit_is_refused_and_changes_nothing()
    {
        using RecordBatchBuilder builder = new();
        byte[] value = new byte[100];
        Assert.True(builder.TryAppend(new UnixMillis(1), [], value, maxBatchBytes: 200));
        int size = builder.EstimatedSize;

        Assert.False(builder.TryAppend(new UnixMillis(1), [], value, maxBatchBytes: 200));
        Assert.Equal(size, builder.EstimatedSize);
        Assert.Equal(1, builder.Count);

        int room = 200 - size - 8; // length (2 bytes from 64 on, 1 below), attributes, deltas, key, value length, headers
        Assert.True(builder.TryAppend(new UnixMillis(1), [], value.AsSpan(0, room + 1), maxBatchBytes: 200));
        Assert.Equal(200, builder.EstimatedSize);
    }

    [Fact]
    public void A_reset_builder_starts_an_empty_batch_with_nothing_left_of_the_last()
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(lane: PriorityLane.Critical, isTransactional: true);
        Assert.True(builder.TryAppend(new UnixMillis(5_000), "old"u8, "old"u8, TestBatches.Limit));
        builder.Reset();
        Assert.Equal(0, builder.Count);
        Assert.True(builder.TryAppend(new UnixMillis(7), "new"u8, "new"u8, TestBatches.Limit));

        using SharedBuffer batch = builder.Build();
        RecordBatchHeader header = new(batch.Span);

        Assert.Equal(0, header.Attributes);
        Assert.Equal(new UnixMillis(7), header.MaxTimestamp);
        Assert.Equal(ProducerId.None, header.ProducerId);
        Assert.Equal("new", Encoding.UTF8.GetString(Assert.Single(TestBatches.Decode(batch.Span)).Key!));
    }

    [Fact]
    public void The_same_records_can_be_built_under_two_identities()
    {
        using RecordBatchBuilder builder = new();
        Assert.True(builder.TryAppend(new UnixMillis(1), "k"u8, "v"u8, TestBatches.Limit));
        using SharedBuffer first = builder.Build(new ProducerId(1), 0, 0);
        using SharedBuffer second = builder.Build(new ProducerId(2), 1, 9);

        Assert.Equal(new ProducerId(1), new RecordBatchHeader(first.Span).ProducerId);
        Assert.Equal(new ProducerId(2), new RecordBatchHeader(second.Span).ProducerId);
        TestBatches.AssertSame(TestBatches.Decode(first.Span), TestBatches.Decode(second.Span));
    }

    [Fact]
    public void Records_that_do_not_shrink_are_left_plain()
    {
        byte[] noise = new byte[1000];
        new Random(1).NextBytes(noise);
        byte[] batch = TestBatches.Encode([new PlainRecord(0, 1, null, noise, [])], CompressionCodec.Gzip);

        Assert.Equal(CompressionCodec.None, new RecordBatchHeader(batch).Compression);
    }

    [Fact]
    public void Control_batches_carry_typed_state_records()
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(isControl: true);
        Assert.True(builder.TryAppendControl(new UnixMillis(3), new ControlRecordKey(0, 101), "body"u8, TestBatches.Limit));
        using SharedBuffer batch = builder.Build();

        Assert.True(new RecordBatchHeader(batch.Span).IsControl);
        Assert.Null(RecordBatchValidator.Validate(batch.Span, TestBatches.Limit, RecordBatchKinds.Control));
        foreach (Record record in RecordBatchReader.Open(batch.Span, RecordReadLimits.Default, out _))
        {
            Assert.True(ControlRecordKey.TryRead(record.Key, out ControlRecordKey key));
            Assert.Equal(new ControlRecordKey(0, 101), key);
            Assert.Equal("body"u8.ToArray(), record.Value.ToArray());
        }
    }

    [Fact]
    public void Appending_allocates_nothing_once_the_builder_has_grown()
    {
        using RecordBatchBuilder builder = new();
        RecordHeader[] headers = [RecordHeader.OfText("trace", "abc")];
        Fill(builder, headers);
        builder.Reset();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Fill(builder, headers);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
    }

    private static void Fill(RecordBatchBuilder builder, RecordHeader[] headers)
    {
        for (int i = 0; i < 500; i++)
        {
            builder.TryAppend(new UnixMillis(1000 + i), "key"u8, keyIsNull: false, "value"u8, valueIsNull: false, headers, TestBatches.Limit);
        }
    }
}
