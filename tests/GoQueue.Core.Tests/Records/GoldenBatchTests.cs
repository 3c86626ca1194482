using GoQueue.Core.Records;
using GoQueue.Fuzz.Kafka;

namespace GoQueue.Core.Tests.Records;

public class GoldenBatchTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden");

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder, "*.bin").Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_batch_made_by_kafkajs_reads_as_it_was_meant(string name)
    {
        byte[] batch = File.ReadAllBytes(Path.Combine(Folder, name + ".bin"));
        BatchDescription expected = BatchDescription.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")));

        Assert.True(BatchDescription.Of(batch).TryGet(out BatchDescription? read, out Error error), error.ToString());
        Assert.Equal(expected.ToJson(), read.ToJson());
    }

    [Fact]
    public void All_kinds_are_there() => Assert.Equal(12, Directory.GetFiles(Folder, "*.bin").Length);

    /// <summary>Where no compression chooses bytes, our encoder must make the very same ones.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("headers")]
    [InlineData("null-key-null-value")]
    [InlineData("empty-key-empty-value")]
    [InlineData("producer")]
    [InlineData("transactional")]
    [InlineData("many")]
    [InlineData("timestamps")]
    [InlineData("large-value")]
    public void Our_encoder_makes_the_same_bytes_as_kafkajs(string name)
    {
        byte[] expected = File.ReadAllBytes(Path.Combine(Folder, name + ".bin"));
        BatchDescription said = BatchDescription.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")));
        using RecordBatchBuilder builder = new();
        builder.Reset(isTransactional: said.IsTransactional);
        foreach (RecordDescription record in said.Records)
        {
            RecordHeader[] headers = [.. record.Headers.Select(h => new RecordHeader(h[0]!, Bytes(h[1]), h[1] is null))];
            Assert.True(builder.TryAppend(
                new UnixMillis(Number(record.Timestamp)), Bytes(record.Key), record.Key is null, Bytes(record.Value), record.Value is null, headers, TestBatches.Limit));
        }

        using SharedBuffer batch = builder.Build(new ProducerId(Number(said.ProducerId)), (short)said.ProducerEpoch, said.BaseSequence);
        RecordBatchHeader.Stamp(batch.Span, new Offset(Number(said.BaseOffset)), new LeaderEpoch(said.LeaderEpoch));

        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(batch.Span));
    }

    private static byte[]? Bytes(string? base64) => base64 is null ? null : Convert.FromBase64String(base64);

    private static long Number(string text) => long.Parse(text);
}
