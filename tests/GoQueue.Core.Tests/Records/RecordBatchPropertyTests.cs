using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class RecordBatchPropertyTests
{
    private static readonly Gen<byte[]?> Field = Gen.Frequency(
        (1, Gen.Constant<byte[]?>(null)),
        (1, Gen.Constant<byte[]?>([])),
        (5, Gen.Select(Gen.ArrayOf(Gen.Choose(0, 255)), bytes => (byte[]?)[.. bytes.Select(b => (byte)b)])),
        (1, Gen.Select(Gen.Choose(60, 3_000), length => (byte[]?)Encoding.UTF8.GetBytes(new string('x', length)))));

    private static readonly Gen<(string, byte[]?)> Header =
        from key in Gen.Elements("", "h", "trace-id", "schlüssel", "鍵", "🔑", new string('k', 200))
        from value in Field
        select (key, value);

    private static readonly Gen<long> Timestamp = Gen.Frequency(
        (8, Gen.Select(Gen.Choose(0, 100_000), n => 1_700_000_000_000L + n)),
        (1, Gen.Constant(0L)),
        (1, Gen.Constant(253_402_300_799_999L)));

    private static readonly Gen<PlainRecord> AnyRecord =
        from timestamp in Timestamp
        from key in Field
        from value in Field
        from headers in Header.ListOf().Resize(4)
        select new PlainRecord(0, timestamp, key, value, [.. headers]);

    private static readonly Gen<Case> AnyBatch =
        from records in AnyRecord.NonEmptyListOf().Resize(25)
        from codec in Gen.Elements(CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy)
        from lane in Gen.Elements(Enum.GetValues<PriorityLane>())
        select new Case([.. records.Select((r, i) => r with { Offset = i })], codec, lane);

    [Fact]
    public void Whatever_is_built_is_sound_and_reads_back()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(Arb.From(AnyBatch), built =>
        {
            byte[] batch = TestBatches.Encode(built.Records, built.Codec, built.Lane);
            Assert.Null(RecordBatchValidator.Validate(batch, int.MaxValue));
            Assert.Null(RecordBatchValidator.ValidateStored(batch));
            Assert.Null(RecordBatchValidator.ValidateRecords(batch, RecordReadLimits.Default));
            Assert.Equal(built.Lane, new RecordBatchHeader(batch).Lane);
            Assert.Equal(built.Records.Max(r => r.Timestamp), new RecordBatchHeader(batch).MaxTimestamp.Value);
            TestBatches.AssertSame(built.Records, TestBatches.Decode(batch));
        }));
    }

    [Fact]
    public void The_builder_never_exceeds_its_limit_and_fills_it()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Arb.From(AnyBatch), Arb.From(Gen.Choose(61, 3000)), (built, limit) =>
        {
            using RecordBatchBuilder builder = new();
            foreach (PlainRecord record in built.Records)
            {
                int before = builder.EstimatedSize;
                RecordHeader[] headers = [.. record.Headers.Select(TestBatches.ToHeader)];
                UnixMillis time = new(record.Timestamp);
                bool isAppended = builder.TryAppend(time, record.Key, record.Key is null, record.Value, record.Value is null, headers, limit);
                Assert.True(builder.EstimatedSize <= limit);
                if (!isAppended)
                {
                    Assert.Equal(before, builder.EstimatedSize);
                    Assert.True(builder.TryAppend(time, record.Key, record.Key is null, record.Value, record.Value is null, headers, int.MaxValue));
                    Assert.True(builder.EstimatedSize > limit);
                    return;
                }
            }
        }));
    }

    public sealed record Case(IReadOnlyList<PlainRecord> Records, CompressionCodec Codec, PriorityLane Lane)
    {
        public override string ToString() => $"{Codec} {Lane}\n{string.Join('\n', Records)}";
    }
}
