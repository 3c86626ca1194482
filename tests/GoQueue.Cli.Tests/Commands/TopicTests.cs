using System.Text.Json;
using GoQueue.Cli.Tests.Running;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Commands;

[Collection(BrokerTests.Name)]
public sealed class TopicTests(RunningBroker broker)
{
    [Fact]
    public async Task The_life_of_a_topic()
    {
        string name = broker.NewTopicName();
        CommandOutcome created = await broker.RunAsync(
            "topic", "create", name, "--partitions", "5", "--retention", "2d", "--retention-bytes", "1GiB", "--segment-bytes", "2MiB", "--cleanup-policy", "compact", "--max-message-bytes", "64KiB", "--flush-mode", "interval", "--flush-interval", "200ms", "--config", "segment.ms=60000", "-o", "json");
        Assert.Equal(0, created.Code);

        JsonElement settings = JsonDocument.Parse(created.Output).RootElement.GetProperty("settings");
        Assert.Equal(
            """{"retentionMs":172800000,"retentionBytes":1073741824,"segmentBytes":2097152,"segmentMs":60000,"cleanupPolicy":"compact","maxMessageBytes":65536,"flushMode":"interval","flushIntervalMs":200,"replicationFactor":1,"minInSyncReplicas":1,"uncleanLeaderElection":false}""",
            JsonSerializer.Serialize(settings));

        CommandOutcome altered = await broker.RunAsync("topic", "alter", name, "--retention", "-1", "-o", "json");
        Assert.Equal(-1, JsonDocument.Parse(altered.Output).RootElement.GetProperty("settings").GetProperty("retentionMs").GetInt64());
        Assert.Equal(65536, JsonDocument.Parse(altered.Output).RootElement.GetProperty("settings").GetProperty("maxMessageBytes").GetInt64());
        CommandOutcome stale = await broker.RunAsync("topic", "alter", name, "--retention", "1d", "--expected-version", "0");
        Assert.Equal(1, stale.Code);
        Assert.Contains("PRECONDITION_FAILED", stale.Error, StringComparison.Ordinal);

        Assert.Contains(name, (await broker.RunAsync("topic", "list")).Text, StringComparison.Ordinal);
        Assert.Contains("for ever", (await broker.RunAsync("topic", "describe", name)).Text, StringComparison.Ordinal);
        Assert.Equal(1, (await broker.RunAsync("topic", "create", name)).Code);
        Assert.Equal(0, (await broker.RunAsync("topic", "create", name, "--if-not-exists")).Code);
        Assert.Equal(0, (await broker.RunAsync("topic", "delete", name)).Code);
        Assert.Equal(1, (await broker.RunAsync("topic", "delete", name)).Code);
        Assert.Equal(0, (await broker.RunAsync("topic", "delete", name, "--if-exists")).Code);
    }

    [Fact]
    public async Task Offsets_are_shown_in_every_format()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "2");
        await broker.RunAsync("produce", topic, "-m", "a", "-m", "b", "-p", "1");

        Assert.Equal(
            $$"""{"topic":"{{topic}}","partitions":[{"partition":0,"start":0,"end":0,"atTime":null},{"partition":1,"start":0,"end":2,"atTime":0}]}""",
            JsonSerializer.Serialize(JsonDocument.Parse((await broker.RunAsync("offsets", topic, "--time", "-1h", "-o", "json")).Output)));
        Assert.Equal("PARTITION   START   END   END-START\n        0       0     0           0\n        1       0     2           2\n", (await broker.RunAsync("offsets", topic)).Text);
        Assert.Contains("  - partition: 1\n    start: 0\n    end: 2\n", (await broker.RunAsync("offsets", topic, "-o", "yaml")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_topics_complete_by_asking_the_server_named_on_the_line()
    {
        string topic = await broker.CreateTopicAsync();

        await Eventually.TrueAsync( // a shell waits a moment only, which is over now and then where everything is slow
            async () => (await GoQueueProcess.RunAsync("__complete", "--", "--server", broker.Grpc, "topic", "describe", topic[..^1])).Text.Contains(topic + "\ttopic\n", StringComparison.Ordinal),
            "the name is offered");
        CommandOutcome unreachable = await GoQueueProcess.RunAsync("__complete", "--", "--server", "127.0.0.1:1", "topic", "describe", "t");

        Assert.Equal((0, 0, string.Empty), (unreachable.Code, unreachable.Output.Length, unreachable.Error));
    }

    [Fact]
    public async Task The_commands_that_dev_shows_work()
    {
        string topic = await broker.CreateTopicAsync();

        CommandOutcome published = await Shell.RunAsync($$"""curl -sf http://{{broker.Http}}/v1/topics/{{topic}}/publish -H 'content-type: application/json' -d '{"key":"customer-1","value":"hello"}'""");
        int partition = JsonDocument.Parse(published.Output).RootElement.GetProperty("partition").GetInt32();

        Assert.Equal("customer-1 hello\n", (await broker.RunAsync("consume", topic, "--format", "%k %v\\n")).Text);
        CommandOutcome read = await Shell.RunAsync($"curl -sf 'http://{broker.Http}/v1/topics/{topic}/partitions/{partition}/messages?offset=0'");
        Assert.Equal("hello", JsonDocument.Parse(read.Output).RootElement.GetProperty("messages")[0].GetProperty("value").GetString());
    }
}
