using System.Net;
using System.Text;
using System.Text.Json;
using GoQueue.Server.Tests.Fixtures;

namespace GoQueue.Server.Tests.Rest;

public sealed class PublishTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode node = fixture.Node;

    [Fact]
    public async Task The_answer_says_where_the_message_is_and_what_is_promised()
    {
        await node.CreateTopicAsync("answer");
        RestAnswer answer = await node.SendAsync("POST", "/v1/topics/answer/publish?acks=all", """{"key":"k","value":"v"}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("answer", answer.Json.GetProperty("topic").GetString());
        Assert.Equal((0, 0L), (answer.Json.GetProperty("partition").GetInt32(), answer.Json.GetProperty("offset").GetInt64()));
        Assert.True(answer.Json.GetProperty("timestamp").GetInt64() > 1_700_000_000_000);
        Assert.Equal("""{"acks":"all","replicas":1,"flushed":true}""", answer.Json.GetProperty("durability").GetRawText());
    }

    public static TheoryData<string, string> Values => new()
    {
        { "\"text\"", "text" },
        { "\"\"", "" },
        { "\"\\u0000\\ud83d\\ude00\\n\\\"\\\\\\/é\"", "\0😀\n\"\\/é" },
        { "{ \"b\" : 1 ,\n \"a\" : [ true , null , 1.50 , \" x \\\" y \" ] }", "{\"b\":1,\"a\":[true,null,1.50,\" x \\\" y \"]}" },
        { "{\"a\":{\"b\":{\"c\":[]}}}", "{\"a\":{\"b\":{\"c\":[]}}}" },
        { "12.340", "12.340" },
        { "-0", "-0" },
        { "true", "true" },
        { "[ ]", "[]" },
        { "{\"\\u0061\":1,\"b\":2}", "{\"\\u0061\":1,\"b\":2}" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_string_is_stored_as_its_text_and_other_json_as_its_compact_text(string json, string stored)
    {
        string topic = await FreshTopicAsync();
        await node.PublishAsync(topic, $$"""{"value":{{json}}}""");
        Assert.Equal(stored, Only(await node.ReadAsync(topic)).GetProperty("value").GetString());
    }

    [Fact]
    public async Task Null_is_a_tombstone_and_differs_from_empty()
    {
        string topic = await FreshTopicAsync();
        await node.PublishAsync(topic, """{"key":"k","value":null}""");
        JsonElement message = Only(await node.ReadAsync(topic));
        Assert.Equal(JsonValueKind.Null, message.GetProperty("value").ValueKind);
        Assert.Equal("k", message.GetProperty("key").GetString());
    }

    [Theory]
    [InlineData("AP/+gA==")]
    [InlineData("AP\\/+gA==")]
    public async Task Bytes_that_are_no_text_go_in_and_come_out_as_base64(string base64)
    {
        string topic = await FreshTopicAsync();
        await node.PublishAsync(topic, "{\"keyBase64\":\"" + base64 + "\",\"valueBase64\":\"" + base64 + "\",\"headers\":{\"h\":{\"$base64\":\"" + base64 + "\"}}}");
        JsonElement message = Only(await node.ReadAsync(topic));
        Assert.Equal("AP/+gA==", message.GetProperty("keyBase64").GetString());
        Assert.Equal("AP/+gA==", message.GetProperty("valueBase64").GetString());
        Assert.Equal("AP/+gA==", message.GetProperty("headers").GetProperty("h").GetProperty("$base64").GetString());
        Assert.False(message.TryGetProperty("value", out _));
    }

    [Fact]
    public async Task Headers_come_back_with_repeats_and_nulls()
    {
        string topic = await FreshTopicAsync();
        await node.PublishAsync(topic, """{"value":"v","headers":{"one":"1","none":null,"many":["a","b",null],"empty":"","n\u00e4me":"x"}}""");
        JsonElement headers = Only(await node.ReadAsync(topic)).GetProperty("headers");
        Assert.Equal("""{"one":"1","none":null,"many":["a","b",null],"empty":"","näme":"x"}""", headers.GetRawText());
    }

    [Fact]
    public async Task One_key_goes_to_one_partition_in_order()
    {
        await node.CreateTopicAsync("keys", 8);
        HashSet<int> homes = [];
        for (int i = 0; i < 20; i++)
        {
            RestAnswer answer = await node.SendAsync("POST", "/v1/topics/keys/publish", $$"""{"key":"ann","value":{{i}}}""");
            homes.Add(answer.Json.GetProperty("partition").GetInt32());
            Assert.Equal(i, answer.Json.GetProperty("offset").GetInt64());
        }

        Assert.Single(homes);
    }

    [Fact]
    public async Task Messages_without_a_key_are_spread()
    {
        await node.CreateTopicAsync("spread", 4);
        HashSet<int> homes = [];
        for (int i = 0; i < 8; i++)
        {
            homes.Add((await node.SendAsync("POST", "/v1/topics/spread/publish", """{"value":"x"}""")).Json.GetProperty("partition").GetInt32());
        }

        Assert.Equal(4, homes.Count);
    }

    [Theory]
    [InlineData("critical")]
    [InlineData("high")]
    [InlineData("normal")]
    [InlineData("low")]
    [InlineData("background")]
    public async Task The_priority_comes_back(string priority)
    {
        string topic = await FreshTopicAsync();
        await node.PublishAsync(topic, $$"""{"value":"v","priority":"{{priority}}"}""");
        Assert.Equal(priority, Only(await node.ReadAsync(topic)).GetProperty("priority").GetString());
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "", "not valid JSON" },
        { "{\"value\":", "not valid JSON" },
        { "{\"value\":\"x\"} 1", "not valid JSON" },
        { "{\"value\":\"x\",}", "not valid JSON" },
        { "{\"value\":1 /* no */}", "not valid JSON" },
        { "[]", "expected an object" },
        { "null", "expected an object" },
        { "{}", "neither value nor valueBase64" },
        { "{\"value\":1,\"value\":2}", "twice" },
        { "{\"value\":1,\"valueBase64\":\"\"}", "twice" },
        { "{\"value\":1,\"\\u0076alue\":2}", "twice" },
        { "{\"key\":\"a\",\"keyBase64\":\"\",\"value\":1}", "twice" },
        { "{\"value\":{\"a\":1,\"a\":2}}", "stands twice" },
        { "{\"value\":{\"a\":1,\"\\u0061\":2}}", "stands twice" },
        { "{\"value\":[{\"x\":{\"a\":1,\"b\":{},\"a\":2}}]}", "stands twice" },
        { "{\"headers\":{\"a\":\"1\",\"a\":\"2\"},\"value\":1}", "stands twice" },
        { "{\"value\":\"\\ud800\"}", "surrogate" },
        { "{\"value\":\"\\udc00x\"}", "surrogate" },
        { "{\"value\":\"\\ud800\\ud800\"}", "surrogate" },
        { "{\"value\":\"\\ud800\\n\"}", "surrogate" },
        { "{\"value\":{\"a\":\"\\ud800\"}}", "surrogate" },
        { "{\"value\":{\"\\ud800\":1}}", "surrogate" },
        { "{\"key\":\"\\ud83d\",\"value\":1}", "surrogate" },
        { "{\"headers\":{\"\\ud83d\":\"\"},\"value\":1}", "surrogate" },
        { "{\"headers\":{\"a\":\"\\ud83d\"},\"value\":1}", "surrogate" },
        { "{\"\\ud83d\":\"\",\"value\":1}", "surrogate" },
        { "{\"key\":7,\"value\":1}", "key is a number, expected a string" },
        { "{\"keyBase64\":\"***\",\"value\":1}", "not base64" },
        { "{\"valueBase64\":\"QQ\"}", "not base64" },
        { "{\"headers\":[],\"value\":1}", "headers is an array" },
        { "{\"headers\":{\"a\":1},\"value\":1}", "expected a string, null" },
        { "{\"headers\":{\"a\":{\"b\":1}},\"value\":1}", "$base64" },
        { "{\"headers\":{\"a\":{\"$base64\":\"QQ==\",\"b\":1}},\"value\":1}", "$base64" },
        { "{\"headers\":{\"a\":[[\"b\"]]},\"value\":1}", "expected a string, null" },
        { "{\"partition\":\"0\",\"value\":1}", "partition is a string" },
        { "{\"partition\":-1,\"value\":1}", "whole number" },
        { "{\"partition\":1.5,\"value\":1}", "whole number" },
        { "{\"partition\":99999999999,\"value\":1}", "whole number" },
        { "{\"priority\":\"urgent\",\"value\":1}", "critical, high" },
        { "{\"priority\":\"an unusually long name of a lane\",\"value\":1}", "critical, high" },
        { "{\"priority\":1,\"value\":1}", "priority is a number" },
        { "{\"ttl\":1,\"value\":1}", "'ttl', which is not known" },
        { "{\"value\":" + new string('[', 32) + new string(']', 32) + "}", "not valid JSON" },
        { "{\"value\":" + new string('[', 100_000) + "}", "not valid JSON" },
        { "{\"value\":\"a\u0001b\"}", "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_message_is_refused_with_its_reason(string body, string reason)
    {
        string topic = await FreshTopicAsync();
        RestAnswer answer = await node.SendAsync("POST", $"/v1/topics/{topic}/publish", body);
        answer.IsRefused(HttpStatusCode.BadRequest, "MALFORMED_REQUEST");
        Assert.Contains(reason, answer.Detail, StringComparison.Ordinal);
        Assert.Equal(0, (await node.ReadAsync(topic)).GetProperty("highWatermark").GetInt64());
    }

    [Fact]
    public async Task Thirty_one_levels_below_the_message_are_fine()
    {
        string topic = await FreshTopicAsync();
        string deep = new string('[', 31) + new string(']', 31);
        await node.PublishAsync(topic, $$"""{"value":{{deep}}}""");
        Assert.Equal(deep, Only(await node.ReadAsync(topic)).GetProperty("value").GetString());
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_refused()
    {
        string topic = await FreshTopicAsync();
        using ByteArrayContent body = new([.. "{\"value\":\""u8, 0xFF, 0xC0, .. "\"}"u8]);
        body.Headers.TryAddWithoutValidation("content-type", "application/json");
        using HttpResponseMessage response = await node.Http.PostAsync(new Uri($"/v1/topics/{topic}/publish", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("UTF-8", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_with_many_keys_is_checked_in_full()
    {
        string topic = await FreshTopicAsync();
        string many = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"k{i}\":{i}"));
        await node.PublishAsync(topic, "{\"value\":{" + many + "}}");
        RestAnswer answer = await node.SendAsync("POST", $"/v1/topics/{topic}/publish", "{\"value\":{" + many + ",\"k19999\":0}}");
        answer.IsRefused(HttpStatusCode.BadRequest, "MALFORMED_REQUEST");
        Assert.Contains("'k19999' stands twice", answer.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("garbage")]
    public async Task Another_content_type_is_refused(string type) =>
        (await node.SendAsync("POST", $"/v1/topics/{await FreshTopicAsync()}/publish", "{\"value\":1}", type)).IsRefused(HttpStatusCode.UnsupportedMediaType, "MALFORMED_REQUEST");

    [Fact]
    public async Task A_message_over_the_limit_of_the_topic_is_refused()
    {
        await node.CreateTopicAsync("small", settings: """{"maxMessageBytes":1024}""");
        (await node.SendAsync("POST", "/v1/topics/small/publish", $$"""{"value":"{{new string('x', 1024)}}"}""")).IsRefused(HttpStatusCode.RequestEntityTooLarge, "MESSAGE_TOO_LARGE");
        await node.PublishAsync("small", $$"""{"value":"{{new string('x', 900)}}"}""");
    }

    [Fact]
    public async Task A_body_over_the_limit_of_the_server_is_refused_before_it_is_read()
    {
        string topic = await FreshTopicAsync();
        (await node.SendAsync("POST", $"/v1/topics/{topic}/publish", $$"""{"value":"{{new string('x', 5 << 20)}}"}""")).IsRefused(HttpStatusCode.RequestEntityTooLarge, "MESSAGE_TOO_LARGE");
        using StreamContent endless = new(new MemoryStream(Encoding.UTF8.GetBytes($$"""{"value":"{{new string('x', 5 << 20)}}"}""")));
        endless.Headers.TryAddWithoutValidation("content-type", "application/json");
        using HttpRequestMessage chunked = new(HttpMethod.Post, new Uri($"/v1/topics/{topic}/publish", UriKind.Relative)) { Content = endless };
        chunked.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await node.Http.SendAsync(chunked);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task A_chunked_body_larger_than_the_first_buffer_arrives_whole()
    {
        string topic = await FreshTopicAsync();
        string value = new('y', 300_000);
        using StreamContent body = new(new MemoryStream(Encoding.UTF8.GetBytes($$"""{"value":"{{value}}"}""")));
        body.Headers.TryAddWithoutValidation("content-type", "application/json");
        using HttpRequestMessage chunked = new(HttpMethod.Post, new Uri($"/v1/topics/{topic}/publish", UriKind.Relative)) { Content = body };
        chunked.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await node.Http.SendAsync(chunked);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(value, Only(await node.ReadAsync(topic)).GetProperty("value").GetString());
    }

    [Theory]
    [InlineData("?acks=most")]
    [InlineData("?ack=all")]
    [InlineData("?acks=all&acks=none")]
    [InlineData("?ACKS=all")]
    public async Task A_wrong_query_is_refused(string query) =>
        (await node.SendAsync("POST", $"/v1/topics/{await FreshTopicAsync()}/publish{query}", "{\"value\":1}")).IsRefused(HttpStatusCode.BadRequest, "INVALID_ARGUMENT");

    private static JsonElement Only(JsonElement answer) => Assert.Single(answer.GetProperty("messages").EnumerateArray());

    private async Task<string> FreshTopicAsync()
    {
        string name = $"t-{Guid.NewGuid():N}";
        await node.CreateTopicAsync(name);
        return name;
    }
}
