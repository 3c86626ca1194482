using System.Diagnostics;
using System.Net;
using System.Text.Json;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Server.Hosting;
using GoQueue.Server.Rest.Reading;
using GoQueue.Server.Tests.Fixtures;
using GoQueue.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace GoQueue.Server.Tests.Rest;

public sealed class ReadTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode node = fixture.Node;

    [Fact]
    public async Task Pages_follow_one_another()
    {
        string topic = await TopicWithAsync(10);
        JsonElement page = await node.ReadAsync(topic, "?offset=3&limit=4");
        Assert.Equal((long[])[3L, 4, 5, 6], Offsets(page));
        Assert.Equal((7L, 10L, 0L), (Long(page, "nextOffset"), Long(page, "highWatermark"), Long(page, "logStartOffset")));
        page = await node.ReadAsync(topic, "?offset=7");
        Assert.Equal((long[])[7L, 8, 9], Offsets(page));
        page = await node.ReadAsync(topic, "?offset=10");
        Assert.Empty(Offsets(page));
        Assert.Equal(10, Long(page, "nextOffset"));
    }

    [Fact]
    public async Task A_read_into_the_middle_of_a_batch_starts_where_it_was_asked()
    {
        string topic = await TopicWithAsync(0);
        string messages = string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"value":"{{i}}"}"""));
        await node.SendAsync("POST", $"/v1/topics/{topic}/batch", $$"""{"messages":[{{messages}}]}""");
        Assert.Equal((long[])[57L, 58, 59], Offsets(await node.ReadAsync(topic, "?offset=57&limit=3")));
    }

    [Fact]
    public async Task An_answer_much_larger_than_a_buffer_arrives_whole()
    {
        string topic = await TopicWithAsync(0);
        string value = new('z', 100_000);
        for (int i = 0; i < 20; i++)
        {
            await node.PublishAsync(topic, $$"""{"value":"{{i}}{{value}}"}""");
        }

        JsonElement page = await node.ReadAsync(topic, "?maxBytes=16777216");
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}{value}"), page.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("value").GetString()));
        Assert.InRange(Offsets(await node.ReadAsync(topic, "?maxBytes=250000")).Length, 1, 3);
        Assert.Single(Offsets(await node.ReadAsync(topic, "?maxBytes=1")));
    }

    [Fact]
    public async Task From_a_time_from_the_start_and_from_the_end()
    {
        string topic = await TopicWithAsync(5);
        long third = (await node.ReadAsync(topic)).GetProperty("messages")[3].GetProperty("timestamp").GetInt64();
        JsonElement page = await node.ReadAsync(topic, $"?fromTime={third}");
        Assert.All(page.GetProperty("messages").EnumerateArray(), message => Assert.True(message.GetProperty("timestamp").GetInt64() >= third));
        Assert.Contains(3L, Offsets(page));
        Assert.Equal(5, Offsets(await node.ReadAsync(topic, "?fromTime=1970-01-01T00:00:00Z")).Length);
        Assert.Equal(5, Offsets(await node.ReadAsync(topic, "?offset=earliest")).Length);
        Assert.Empty(Offsets(await node.ReadAsync(topic, "?offset=latest")));
        page = await node.ReadAsync(topic, "?fromTime=9999-01-01T00:00:00Z");
        Assert.Equal(5, Long(page, "nextOffset"));
    }

    [Fact]
    public async Task Offsets_tell_the_range_and_the_place_of_a_time()
    {
        string topic = await TopicWithAsync(5);
        RestAnswer answer = await node.SendAsync("GET", $"/v1/topics/{topic}/partitions/0/offsets");
        Assert.Equal($$"""{"topic":"{{topic}}","partition":0,"logStartOffset":0,"highWatermark":5}""", answer.Json.GetRawText());
        Assert.Equal(0, Long((await node.SendAsync("GET", $"/v1/topics/{topic}/partitions/0/offsets?time=0")).Json, "offset"));
        answer = await node.SendAsync("GET", $"/v1/topics/{topic}/partitions/0/offsets?time=9999-01-01T00:00:00Z");
        Assert.Equal(JsonValueKind.Null, answer.Json.GetProperty("offset").ValueKind);
        (await node.SendAsync("GET", $"/v1/topics/{topic}/partitions/0/offsets?time=soon")).IsRefused(HttpStatusCode.BadRequest, "INVALID_ARGUMENT");
    }

    [Fact]
    public async Task A_waiting_read_ends_with_the_message()
    {
        string topic = await TopicWithAsync(1);
        Task<JsonElement> waiting = node.ReadAsync(topic, "?offset=1&waitMs=30000");
        await Eventually.TrueAsync(() => Polls.Waiting > 0, "the read waits");
        await node.PublishAsync(topic, """{"value":"news"}""");
        Assert.Equal((long[])[1L], Offsets(await waiting));
    }

    [Fact]
    public async Task A_wait_that_brings_nothing_ends_in_time()
    {
        string topic = await TopicWithAsync(1);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Empty(Offsets(await node.ReadAsync(topic, "?offset=1&waitMs=300")));
        Assert.InRange(watch.ElapsedMilliseconds, 290, 25_000);
    }

    [Fact]
    public async Task A_reader_that_goes_away_does_not_go_on_waiting()
    {
        string topic = await TopicWithAsync(1);
        using CancellationTokenSource leaving = new();
        int before = Polls.Waiting;
        Task<HttpResponseMessage> waiting = node.Http.GetAsync(new Uri($"/v1/topics/{topic}/partitions/0/messages?offset=1&waitMs=30000", UriKind.Relative), leaving.Token);
        await Eventually.TrueAsync(() => Polls.Waiting > before, "the read waits");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Eventually.TrueAsync(() => Polls.Waiting <= before, "the wait is given up");
    }

    [Fact]
    public async Task Expired_messages_are_left_out_and_the_next_offset_goes_beyond_them()
    {
        string topic = await TopicWithAsync(0);
        await node.PublishAsync(topic, """{"value":"gone","headers":{"goqueue-ttl-ms":"0"}}""");
        await node.PublishAsync(topic, """{"value":"stays","headers":{"goqueue-ttl-ms":"3600000"}}""");
        await node.PublishAsync(topic, """{"value":"gone","headers":{"goqueue-ttl-ms":"0"}}""");
        JsonElement page = await node.ReadAsync(topic);
        Assert.Equal((long[])[1L], Offsets(page));
        Assert.Equal(3, Long(page, "nextOffset"));
        page = await node.ReadAsync(topic, "?offset=2");
        Assert.Empty(Offsets(page));
        Assert.Equal(3, Long(page, "nextOffset"));
    }

    [Fact]
    public async Task A_compressed_batch_reads_like_any_other()
    {
        string topic = await TopicWithAsync(0);
        await PublishRawAsync(topic, builder => builder.Reset(codec: CompressionCodec.Gzip), (builder, now) =>
            Enumerable.Range(0, 50).All(i => builder.TryAppend(now, "k"u8, "the same text again and again"u8, 1 << 20)));
        Assert.Equal(50, Offsets(await node.ReadAsync(topic)).Length);
    }

    [Theory]
    [InlineData("?offset=-1")]
    [InlineData("?offset=abc")]
    [InlineData("?offset=99999999999999999999")]
    [InlineData("?offset=0&fromTime=0")]
    [InlineData("?limit=0")]
    [InlineData("?limit=10001")]
    [InlineData("?waitMs=30001")]
    [InlineData("?waitMs=-1")]
    [InlineData("?maxBytes=0")]
    [InlineData("?fromTime=yesterday")]
    [InlineData("?fromTime=2026-01-01")]
    [InlineData("?ofset=1")]
    [InlineData("?offset=1&offset=2")]
    public async Task A_wrong_query_is_refused(string query) =>
        (await node.SendAsync("GET", $"/v1/topics/{await TopicWithAsync(0)}/partitions/0/messages{query}")).IsRefused(HttpStatusCode.BadRequest, "INVALID_ARGUMENT");

    [Fact]
    public async Task An_offset_beyond_the_end_is_refused_with_the_range_that_there_is()
    {
        string topic = await TopicWithAsync(3);
        RestAnswer answer = await node.SendAsync("GET", $"/v1/topics/{topic}/partitions/0/messages?offset=4");
        answer.IsRefused(HttpStatusCode.RequestedRangeNotSatisfiable, "OFFSET_OUT_OF_RANGE");
        Assert.Equal((0L, 3L), (Long(answer.Json, "logStartOffset"), Long(answer.Json, "highWatermark")));
    }

    [Theory]
    [InlineData("/v1/topics/none/partitions/0/messages", HttpStatusCode.NotFound, "UNKNOWN_TOPIC")]
    [InlineData("/v1/topics/{0}/partitions/1/messages", HttpStatusCode.NotFound, "UNKNOWN_PARTITION")]
    [InlineData("/v1/topics/{0}/partitions/-1/messages", HttpStatusCode.BadRequest, "INVALID_ARGUMENT")]
    [InlineData("/v1/topics/{0}/partitions/x/offsets", HttpStatusCode.BadRequest, "INVALID_ARGUMENT")]
    [InlineData("/v1/topics/{0}/partitions/99999999999/offsets", HttpStatusCode.BadRequest, "INVALID_ARGUMENT")]
    public async Task What_is_not_there_is_refused(string path, HttpStatusCode status, string code) =>
        (await node.SendAsync("GET", string.Format(System.Globalization.CultureInfo.InvariantCulture, path, await TopicWithAsync(0)))).IsRefused(status, code);

    private LongPolls Polls => node.Polls;

    private static long[] Offsets(JsonElement page) => [.. page.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("offset").GetInt64())];

    private static long Long(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private async Task<string> TopicWithAsync(int messages)
    {
        string name = $"t-{Guid.NewGuid():N}";
        await node.CreateTopicAsync(name);
        for (int i = 0; i < messages; i++)
        {
            await node.PublishAsync(name, $$"""{"value":{{i}}}""");
        }

        return name;
    }

    private async Task PublishRawAsync(string topic, Action<RecordBatchBuilder> start, Func<RecordBatchBuilder, UnixMillis, bool> fill)
    {
        BrokerPorts broker = node.Host.Services.GetRequiredService<BrokerPorts>();
        using RecordBatchBuilder builder = new();
        start(builder);
        Assert.True(fill(builder, UnixMillis.From(TimeProvider.System)));
        PublishReceipt receipt = await broker.PublishAsync(new PublishRequest(new TopicPartition(broker.Describe(topic).Value.Id, new PartitionIndex(0)), builder.Build(), Acks.All));
        Assert.True(receipt.IsOk, receipt.Error.ToString());
    }
}
