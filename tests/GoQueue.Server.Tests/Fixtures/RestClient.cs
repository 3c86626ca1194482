using System.Net;
using System.Text;
using System.Text.Json;

namespace GoQueue.Server.Tests.Fixtures;

/// <summary>Sends exactly the JSON a test writes and hands the answer over as status and JSON.</summary>
internal static class RestClient
{
    public static async Task<RestAnswer> SendAsync(this TestNode node, string method, string path, string? body = null, string contentType = "application/json", string? ifMatch = null)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        }

        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("if-match", ifMatch);
        }

        using HttpResponseMessage response = await node.Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return new RestAnswer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text),
            response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public static async Task CreateTopicAsync(this TestNode node, string name, int partitions = 1, string settings = "{}")
    {
        RestAnswer answer = await node.SendAsync("POST", "/v1/topics", $$"""{"name":"{{name}}","partitions":{{partitions}},"settings":{{settings}}}""");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
    }

    public static async Task<long> PublishAsync(this TestNode node, string topic, string message)
    {
        RestAnswer answer = await node.SendAsync("POST", $"/v1/topics/{topic}/publish", message);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Json.ToString());
        return answer.Json.GetProperty("offset").GetInt64();
    }

    public static async Task<JsonElement> ReadAsync(this TestNode node, string topic, string query = "", int partition = 0)
    {
        RestAnswer answer = await node.SendAsync("GET", $"/v1/topics/{topic}/partitions/{partition}/messages{query}");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Json.ToString());
        return answer.Json;
    }
}

internal sealed record RestAnswer(HttpStatusCode Status, string? MediaType, JsonElement Json, IReadOnlyDictionary<string, string> Headers)
{
    public string Code => Json.GetProperty("code").GetString()!;

    public string Detail => Json.GetProperty("detail").GetString()!;

    public void IsRefused(HttpStatusCode status, string code)
    {
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal((status, code), (Status, Code));
        Assert.Equal((int)status, Json.GetProperty("status").GetInt32());
        Assert.NotEmpty(Detail);
        Assert.NotEmpty(Json.GetProperty("title").GetString()!);
        Assert.NotEmpty(Json.GetProperty("traceId").GetString()!);
        Assert.Equal(Json.GetProperty("retriable").GetBoolean(), Headers.ContainsKey("retry-after"));
    }
}
