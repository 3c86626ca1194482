using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class RecordBatchRewriterTests
{
    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void Kept_records_and_all_positions_stay_as_they_were(CompressionCodec codec)
    {
        byte[] original = Build(codec, 40);
        List<PlainRecord> expected = TestBatches.Decode(original).Where(r => r.Offset % 3 == 0).ToList();

        using SharedBuffer rewritten = Rewrite(original, offset => offset.Value % 3 == 0);
        RecordBatchHeader header = new(rewritten.Span);

        Assert.Null(RecordBatchValidator.ValidateStored(rewritten.Span));
        TestBatches.AssertSame(expected, TestBatches.Decode(rewritten.Span));
        Assert.Equal(codec, header.Compression);
        Assert.Equal(new Offset(900), header.BaseOffset);
        Assert.Equal(new Offset(939), header.LastOffset);
        Assert.Equal(new LeaderEpoch(6), header.LeaderEpoch);
        Assert.Equal(PriorityLane.High, header.Lane);
        Assert.Equal((new ProducerId(12), (short)3, 77), (header.ProducerId, header.ProducerEpoch, header.BaseSequence));
        Assert.Equal(expected.Count, header.RecordCount);
        Assert.Equal(expected.Max(r => r.Timestamp), header.MaxTimestamp.Value);
    }

    [Fact]
    public void A_batch_without_a_record_left_keeps_its_offsets_and_its_producer()
    {
        byte[] original = Build(CompressionCodec.Gzip, 40);

        using SharedBuffer rewritten = Rewrite(original, _ => false);
        RecordBatchHeader header = new(rewritten.Span);

        Assert.Equal(RecordBatchLayout.HeaderSize, rewritten.Length);
        Assert.Null(RecordBatchValidator.ValidateStored(rewritten.Span));
        Assert.Empty(TestBatches.Decode(rewritten.Span));
        Assert.Equal(new Offset(940), header.NextOffset);
        Assert.Equal(new ProducerId(12), header.ProducerId);
        Assert.Equal(new RecordBatchHeader(original).MaxTimestamp, header.MaxTimestamp);
    }

    [Fact]
    public void Rewriting_twice_is_rewriting_once()
    {
        byte[] original = Build(CompressionCodec.Snappy, 40);
        using SharedBuffer once = Rewrite(original, offset => offset.Value % 2 == 0);
        using SharedBuffer twice = Rewrite(once.Span, offset => offset.Value % 2 == 0);

        Assert.Equal(once.Span.ToArray(), twice.Span.ToArray());
    }

    private static byte[] Build(CompressionCodec codec, int count)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(lane: PriorityLane.High, codec: codec);
        for (int i = 0; i < count; i++)
        {
            Assert.True(builder.TryAppend(new UnixMillis(10_000 + (i * 7 % 11)), "some key"u8, "some longer value, the same each time"u8, TestBatches.Limit));
        }

        using SharedBuffer batch = builder.Build(new ProducerId(12), 3, 77);
        RecordBatchHeader.Stamp(batch.Span, new Offset(900), new LeaderEpoch(6));
        return batch.Span.ToArray();
    }

    private static SharedBuffer Rewrite(ReadOnlySpan<byte> original, Predicate<Offset> isKept)
    {
        using RecordBatchRewriter rewriter = new();
        rewriter.Begin(original);
        foreach (Record record in RecordBatchReader.Open(original, RecordReadLimits.Default, out _))
        {
            if (isKept(record.Offset))
            {
                rewriter.Keep(record);
            }
        }

        return rewriter.Build();
    }
}
