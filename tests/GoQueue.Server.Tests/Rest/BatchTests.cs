using System.Net;
using System.Text.Json;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Tests.Fixtures;

namespace GoQueue.Server.Tests.Rest;

public sealed class BatchTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode node = fixture.Node;

    [Fact]
    public async Task Every_message_is_where_its_result_says_and_keys_keep_their_order()
    {
        await node.CreateTopicAsync("batch", 3);
        string messages = string.Join(',', Enumerable.Range(0, 500).Select(i => $$"""{"key":"k{{i % 17}}","value":"v{{i}}","priority":"{{(i % 5 == 0 ? "high" : "normal")}}"}"""));
        RestAnswer answer = await node.SendAsync("POST", "/v1/topics/batch/batch", $$"""{"messages":[{{messages}}]}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(0, answer.Json.GetProperty("failed").GetInt32());
        Assert.True(answer.Json.GetProperty("durability").GetProperty("flushed").GetBoolean());

        Dictionary<(int, long), string> stored = [];
        for (int partition = 0; partition < 3; partition++)
        {
            foreach (JsonElement message in (await node.ReadAsync("batch", "?limit=1000", partition)).GetProperty("messages").EnumerateArray())
            {
                stored.Add((partition, message.GetProperty("offset").GetInt64()), message.GetProperty("value").GetString()!);
            }
        }

        Assert.Equal(500, stored.Count);
        int index = 0;
        foreach (JsonElement result in answer.Json.GetProperty("results").EnumerateArray())
        {
            Assert.Equal($"v{index++}", stored[(result.GetProperty("partition").GetInt32(), result.GetProperty("offset").GetInt64())]);
        }
    }

    [Fact]
    public async Task More_than_one_batch_holds_goes_into_several_in_order()
    {
        await node.CreateTopicAsync("several", settings: """{"maxMessageBytes":2048}""");
        string messages = string.Join(',', Enumerable.Range(0, 50).Select(i => $$"""{"value":"{{i:D500}}"}"""));
        RestAnswer answer = await node.SendAsync("POST", "/v1/topics/several/batch", $$"""{"messages":[{{messages}}]}""");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), answer.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("offset").GetInt64()));
    }

    [Theory]
    [InlineData("{}", "no messages")]
    [InlineData("{\"messages\":[]}", "no messages")]
    [InlineData("{\"messages\":{}}", "expected an array")]
    [InlineData("{\"messages\":[1]}", "expected an object")]
    [InlineData("{\"messages\":[],\"messages\":[]}", "twice")]
    [InlineData("{\"messages\":[{\"value\":1}],\"more\":1}", "not known")]
    [InlineData("{\"\\ud800\":1}", "surrogate")]
    [InlineData("{\"messages\":[{\"value\":1},{\"value\":1,\"value\":2}]}", "message 1 of the request")]
    [InlineData("{\"messages\":[{\"value\":1},", "not valid JSON")]
    [InlineData("[]", "expected an object")]
    public async Task A_malformed_batch_stores_nothing(string body, string reason)
    {
        string topic = $"t-{Guid.NewGuid():N}";
        await node.CreateTopicAsync(topic);
        RestAnswer answer = await node.SendAsync("POST", $"/v1/topics/{topic}/batch", body);
        answer.IsRefused(HttpStatusCode.BadRequest, "MALFORMED_REQUEST");
        Assert.Contains(reason, answer.Detail, StringComparison.Ordinal);
        Assert.Equal(0, (await node.ReadAsync(topic)).GetProperty("highWatermark").GetInt64());
    }

    [Fact]
    public async Task One_message_that_is_too_large_refuses_the_request_before_anything_is_stored()
    {
        await node.CreateTopicAsync("one-large", settings: """{"maxMessageBytes":1024}""");
        RestAnswer answer = await node.SendAsync("POST", "/v1/topics/one-large/batch", $$"""{"messages":[{"value":"a"},{"value":"{{new string('x', 2000)}}"}]}""");
        answer.IsRefused(HttpStatusCode.RequestEntityTooLarge, "MESSAGE_TOO_LARGE");
        Assert.Contains("message 1 of the request", answer.Detail, StringComparison.Ordinal);
        Assert.Equal(0, (await node.ReadAsync("one-large")).GetProperty("highWatermark").GetInt64());
    }

    [Fact]
    public async Task More_messages_than_allowed_are_refused()
    {
        await node.CreateTopicAsync("many");
        string messages = string.Join(',', Enumerable.Repeat("{\"value\":1}", 1001));
        RestAnswer answer = await node.SendAsync("POST", "/v1/topics/many/batch", $$"""{"messages":[{{messages}}]}""");
        answer.IsRefused(HttpStatusCode.BadRequest, "MALFORMED_REQUEST");
        Assert.Contains("http.max-batch-messages", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_partition_in_a_batch_is_refused()
    {
        await node.CreateTopicAsync("two", 2);
        (await node.SendAsync("POST", "/v1/topics/two/batch", """{"messages":[{"value":1},{"value":1,"partition":2}]}""")).IsRefused(HttpStatusCode.NotFound, "UNKNOWN_PARTITION");
    }

    [Fact]
    public async Task When_one_partition_refuses_its_messages_say_so_and_the_others_are_stored()
    {
        await using TestNode refusing = await TestNode.StartAsync(wrap: broker => broker with { Routes = null, Partitions = new RefusingPartitions(broker.Partitions, refused: 1, ErrorCode.Overloaded) });
        await refusing.CreateTopicAsync("halves", 2);
        RestAnswer answer = await refusing.SendAsync("POST", "/v1/topics/halves/batch", """{"messages":[{"value":1,"partition":0},{"value":2,"partition":1},{"value":3,"partition":0}]}""");
        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        JsonElement[] results = [.. answer.Json.GetProperty("results").EnumerateArray()];
        Assert.Equal(1, answer.Json.GetProperty("failed").GetInt32());
        Assert.Equal((0L, 1L), (results[0].GetProperty("offset").GetInt64(), results[2].GetProperty("offset").GetInt64()));
        Assert.Equal("OVERLOADED", results[1].GetProperty("error").GetProperty("code").GetString());
        Assert.True(results[1].GetProperty("error").GetProperty("retriable").GetBoolean());

        RestAnswer all = await refusing.SendAsync("POST", "/v1/topics/halves/batch", """{"messages":[{"value":2,"partition":1}]}""");
        all.IsRefused(HttpStatusCode.TooManyRequests, "OVERLOADED");
    }
}
