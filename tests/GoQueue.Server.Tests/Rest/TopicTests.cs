using System.Net;
using System.Text.Json;
using GoQueue.Server.Tests.Fixtures;

namespace GoQueue.Server.Tests.Rest;

public sealed class TopicTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode node = fixture.Node;

    [Fact]
    public async Task Created_found_listed_changed_and_gone()
    {
        RestAnswer created = await node.SendAsync("POST", "/v1/topics", """{"name":"life","partitions":2,"settings":{"retentionHours":1.5},"cleanupPolicy":"compact"}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal("/v1/topics/life", created.Headers["location"]);
        JsonElement settings = created.Json.GetProperty("settings");
        Assert.Equal((5_400_000L, 1.5, "compact"), (settings.GetProperty("retentionMs").GetInt64(), settings.GetProperty("retentionHours").GetDouble(), settings.GetProperty("cleanupPolicy").GetString()));
        Assert.Equal(2, created.Json.GetProperty("partitions").GetArrayLength());

        RestAnswer found = await node.SendAsync("GET", "/v1/topics/life");
        Assert.Equal(created.Json.GetRawText(), found.Json.GetRawText());
        Assert.Equal($"\"{found.Json.GetProperty("version").GetInt64()}\"", found.Headers["etag"]);
        RestAnswer list = await node.SendAsync("GET", "/v1/topics");
        Assert.Contains(list.Json.GetProperty("topics").EnumerateArray(), topic => topic.GetProperty("name").GetString() == "life");

        RestAnswer changed = await node.SendAsync("PATCH", "/v1/topics/life", """{"retentionBytes":2097152}""", "application/merge-patch+json");
        Assert.Equal(2_097_152, changed.Json.GetProperty("settings").GetProperty("retentionBytes").GetInt64());
        Assert.Equal("compact", changed.Json.GetProperty("settings").GetProperty("cleanupPolicy").GetString());

        Assert.Equal(HttpStatusCode.NoContent, (await node.SendAsync("DELETE", "/v1/topics/life")).Status);
        (await node.SendAsync("GET", "/v1/topics/life")).IsRefused(HttpStatusCode.NotFound, "UNKNOWN_TOPIC");
    }

    [Fact]
    public async Task What_get_shows_can_be_sent_back_as_it_is()
    {
        await node.CreateTopicAsync("same");
        RestAnswer found = await node.SendAsync("GET", "/v1/topics/same");
        RestAnswer sent = await node.SendAsync("PATCH", "/v1/topics/same", $$"""{"settings":{{found.Json.GetProperty("settings").GetRawText()}}}""");
        Assert.Equal(HttpStatusCode.OK, sent.Status);
        Assert.Equal(found.Json.GetProperty("settings").GetRawText(), sent.Json.GetProperty("settings").GetRawText());
    }

    [Fact]
    public async Task A_change_based_on_an_old_version_is_refused()
    {
        await node.CreateTopicAsync("versions");
        string tag = (await node.SendAsync("GET", "/v1/topics/versions")).Headers["etag"];
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync("PATCH", "/v1/topics/versions", """{"retentionHours":1}""", ifMatch: tag)).Status);
        (await node.SendAsync("PATCH", "/v1/topics/versions", """{"retentionHours":2}""", ifMatch: tag)).IsRefused(HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED");
        (await node.SendAsync("PATCH", "/v1/topics/versions", $$"""{"retentionHours":2,"expectedVersion":{{tag.Trim('"')}}}""")).IsRefused(HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED");
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync("PATCH", "/v1/topics/versions", """{"retentionHours":3}""", ifMatch: "*")).Status);
        (await node.SendAsync("PATCH", "/v1/topics/versions", """{"retentionHours":2}""", ifMatch: "W/\"1\"")).IsRefused(HttpStatusCode.BadRequest, "INVALID_ARGUMENT");
        (await node.SendAsync("PATCH", "/v1/topics/versions", """{"retentionHours":2,"expectedVersion":1}""", ifMatch: "\"2\"")).IsRefused(HttpStatusCode.BadRequest, "INVALID_ARGUMENT");
    }

    [Theory]
    [InlineData("""{"name":"x","partitions":0}""", "INVALID_PARTITION_COUNT")]
    [InlineData("""{"name":"x","partitions":100001}""", "INVALID_PARTITION_COUNT")]
    [InlineData("""{"name":"x","partitions":"3"}""", "MALFORMED_REQUEST")]
    [InlineData("""{"name":"x","partitions":1.5}""", "MALFORMED_REQUEST")]
    [InlineData("""{"name":"x","partitions":1,"partitions":2}""", "MALFORMED_REQUEST")]
    [InlineData("""{"name":"x","colour":"red"}""", "MALFORMED_REQUEST")]
    [InlineData("""{"name":null}""", "MALFORMED_REQUEST")]
    [InlineData("""{"partitions":1}""", "MALFORMED_REQUEST")]
    [InlineData("""{"name":"\ud800"}""", "MALFORMED_REQUEST")]
    [InlineData("""{"name":"x","settings":{"retentionHours":1},"retentionHours":1}""", "INVALID_CONFIGURATION")]
    [InlineData("""{"name":"x","retentionHours":1,"retentionMs":1}""", "INVALID_CONFIGURATION")]
    [InlineData("""{"name":"x","retentionHours":1e300}""", "INVALID_CONFIGURATION")]
    [InlineData("""{"name":"x","retentionHours":0}""", "INVALID_CONFIGURATION")]
    [InlineData("""{"name":"x","cleanupPolicy":"Delete"}""", "INVALID_CONFIGURATION")]
    [InlineData("""{"name":"x","flushMode":"0"}""", "INVALID_CONFIGURATION")]
    [InlineData("""{"name":""}""", "INVALID_TOPIC_NAME")]
    [InlineData("""{"name":".."}""", "INVALID_TOPIC_NAME")]
    [InlineData("""{"name":"a/b"}""", "INVALID_TOPIC_NAME")]
    [InlineData("""{"name":"a\u0000b"}""", "INVALID_TOPIC_NAME")]
    [InlineData("""{"name":"%2e%2e"}""", "INVALID_TOPIC_NAME")]
    [InlineData("""{"name":"ｏrders"}""", "INVALID_TOPIC_NAME")]
    public async Task A_wrong_topic_is_refused(string body, string code) => (await node.SendAsync("POST", "/v1/topics", body)).IsRefused(HttpStatusCode.BadRequest, code);

    [Fact]
    public async Task Names_have_up_to_249_characters_and_are_unique_without_case()
    {
        string longest = new('n', 249);
        await node.CreateTopicAsync(longest);
        (await node.SendAsync("POST", "/v1/topics", $$"""{"name":"{{longest.ToUpperInvariant()}}"}""")).IsRefused(HttpStatusCode.Conflict, "TOPIC_ALREADY_EXISTS");
        (await node.SendAsync("POST", "/v1/topics", $$"""{"name":"{{longest}}n"}""")).IsRefused(HttpStatusCode.BadRequest, "INVALID_TOPIC_NAME");
    }

    [Fact]
    public async Task A_document_that_is_too_deep_is_refused() =>
        (await node.SendAsync("POST", "/v1/topics", "{\"name\":\"x\",\"settings\":" + new string('[', 1000))).IsRefused(HttpStatusCode.BadRequest, "MALFORMED_REQUEST");

    [Theory]
    [InlineData("GET", "/v1/nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "/nothing", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/v1/topics", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/metrics", HttpStatusCode.NotFound)]
    public async Task What_is_not_a_route_is_a_problem_too(string method, string path, HttpStatusCode status) =>
        (await node.SendAsync(method, path)).IsRefused(status, "MALFORMED_REQUEST");
}
