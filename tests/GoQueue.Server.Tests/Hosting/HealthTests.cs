using System.Net;
using System.Text.Json;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;
using GoQueue.Server.DataDirectory;
using GoQueue.Server.Hosting;
using GoQueue.Server.Tests.Fixtures;
using GoQueue.Server.Tests.Forwarding;
using GoQueue.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Server.Tests.Hosting;

public sealed class HealthTests
{
    [Fact]
    public async Task While_the_broker_recovers_health_answers_and_everything_else_is_refused_as_retriable()
    {
        using TempFolder folder = new();
        GoQueue.Server.Configuration.ServerOptions options = TestNode.Options(folder.Path, []);
        using DataDirectoryClaim claim = DataDirectoryClaim.Take(options, TimeProvider.System);
        BrokerFactory real = BrokerComposition.For(claim, options);
        TaskCompletionSource recovered = new();
        await using ServerHost host = ServerHost.Build(
            options,
            async (services, token) =>
            {
                await recovered.Task;
                return await real(services, token);
            },
            NullLoggerFactory.Instance);
        Task starting = host.StartAsync(default);
        await Eventually.TrueAsync(() => host.IsListening, "the listeners are open");
        using HttpClient client = new() { BaseAddress = new Uri($"http://{host.Addresses.Http}") };
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/health"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(client, "/ready"));
        using HttpResponseMessage early = await client.GetAsync(new Uri("/v1/topics", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.NotNull(early.Headers.RetryAfter);

        recovered.SetResult();
        await starting;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/ready"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/v1/topics"));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_node_on_its_own_is_ready_and_tells_its_cluster()
    {
        await using TestNode node = await TestNode.StartAsync();
        await node.CreateTopicAsync("one");
        Assert.Equal("ready", (await node.SendAsync("GET", "/ready")).Json.GetProperty("status").GetString());
        JsonElement cluster = (await node.SendAsync("GET", "/health")).Json.GetProperty("cluster");
        Assert.True(cluster.GetProperty("healthy").GetBoolean());
        Assert.Equal(("node-1", 1, 0), (cluster.GetProperty("controller").GetString(), cluster.GetProperty("voters").GetInt32(), cluster.GetProperty("underReplicatedPartitions").GetInt32()));
    }

    [Fact]
    public async Task A_node_that_is_fenced_is_not_ready_and_says_why()
    {
        MetadataState state = new();
        BrokerEndpoints endpoints = new(new("127.0.0.1", 1), new("127.0.0.1", 2), new("127.0.0.1", 3));
        state.Apply(new RegisterBrokerCommand(new NodeId("node-1"), Guid.NewGuid(), endpoints, null, BrokerEpoch.None), 0);
        ShownMetadata shown = new();
        await using TestNode node = await TestNode.StartAsync(wrap: broker => broker with { Metadata = shown });
        Assert.Contains("not registered", (await NotReadyAsync()).GetProperty("reasons").ToString(), StringComparison.Ordinal);
        shown.Show(state.Image);
        Assert.Contains("does not hear", (await NotReadyAsync()).GetProperty("reasons").ToString(), StringComparison.Ordinal);
        state.Apply(new AlterBrokerCommand(new NodeId("node-1"), new BrokerEpoch(1), BrokerChange.Unfence), 1);
        shown.Show(state.Image);
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync("GET", "/ready")).Status);

        async Task<JsonElement> NotReadyAsync()
        {
            RestAnswer answer = await node.SendAsync("GET", "/ready");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "joining"), (answer.Status, answer.Json.GetProperty("status").GetString()));
            return answer.Json;
        }
    }

    [Fact]
    public async Task Stopping_answers_those_who_wait_and_keeps_what_was_acknowledged()
    {
        using TempFolder folder = new();
        await using (TestNode node = await TestNode.StartAsync(folder: folder.Path))
        {
            await node.CreateTopicAsync("kept");
            await node.PublishAsync("kept", """{"value":"here"}""");
            Task<JsonElement> waiting = node.ReadAsync("kept", "?offset=1&waitMs=30000");
            await Eventually.TrueAsync(() => node.Polls.Waiting == 1, "the read waits");
            await node.Host.StopAsync();
            Assert.Equal(1, (await waiting).GetProperty("nextOffset").GetInt64());
        }

        await using TestNode again = await TestNode.StartAsync(folder: folder.Path);
        Assert.Equal("here", (await again.ReadAsync("kept")).GetProperty("messages")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_node_that_is_ready_has_taken_up_every_partition_it_leads()
    {
        const int Partitions = 300;
        using TempFolder folder = new();
        await using (TestNode node = await TestNode.StartAsync(folder: folder.Path))
        {
            await node.CreateTopicAsync("many", Partitions);
        }

        Task<Result<PartitionOffsets>>[] asked = [];
        await using TestNode again = await TestNode.StartAsync(folder: folder.Path, wrap: running =>
        {
            TopicImage topic = running.Metadata.Image.Topics.Single();
            asked = [.. topic.Partitions.Reverse().Select(each => running.Partitions.OffsetsAsync(new TopicPartition(topic.Id, each.Index), CancellationToken.None).AsTask())];
            return running;
        });
        Assert.Equal(Partitions, asked.Length);
        Assert.Empty((await Task.WhenAll(asked)).Where(offsets => !offsets.IsOk).Select(offsets => offsets.Error.ToString()));
    }

    [Fact]
    public async Task The_description_has_every_route_and_the_page_runs_only_its_own_script()
    {
        await using TestNode node = await TestNode.StartAsync();
        RestAnswer description = await node.SendAsync("GET", "/openapi/v1.json");
        JsonElement paths = description.Json.GetProperty("paths");
        foreach (string path in new[] { "/v1/topics", "/v1/topics/{topic}", "/v1/topics/{topic}/publish", "/v1/topics/{topic}/batch", "/v1/topics/{topic}/partitions/{partition}/messages", "/v1/topics/{topic}/partitions/{partition}/offsets", "/health", "/ready" })
        {
            Assert.True(paths.TryGetProperty(path, out _), path);
        }

        JsonElement publish = paths.GetProperty("/v1/topics/{topic}/publish").GetProperty("post");
        Assert.Equal(["topic", "acks"], publish.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!));
        Assert.True(publish.GetProperty("responses").GetProperty("429").GetProperty("content").TryGetProperty("application/problem+json", out _));
        Assert.True(publish.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").TryGetProperty("example", out _));

        using HttpResponseMessage page = await node.Http.GetAsync(new Uri("/docs", UriKind.Relative));
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", page.Headers.GetValues("content-security-policy").Single(), StringComparison.Ordinal);
        string html = await page.Content.ReadAsStringAsync();
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
        RestAnswer index = await node.SendAsync("GET", "/");
        foreach (JsonProperty link in index.Json.GetProperty("links").EnumerateObject())
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Http, link.Value.GetString()!));
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return response.StatusCode;
    }
}
