using System.Text.Json;
using GoQueue.Cli.Tests.Running;

namespace GoQueue.Cli.Tests.Commands;

[Collection(BrokerTests.Name)]
public sealed class BenchTests(RunningBroker broker)
{
    [Fact]
    public async Task Publishing_is_measured_with_all_conditions_and_leaves_no_topic_behind()
    {
        JsonElement report = Report(await broker.RunAsync(
            "bench", "produce", "--messages", "20000", "--producers", "2", "--size", "100", "--warm-up", "0", "--partitions", "2", "--server-pid", Environment.ProcessId.ToString(), "-o", "json"));

        Assert.Equal(20_000, report.GetProperty("result").GetProperty("messages").GetInt64());
        Assert.Equal(0, report.GetProperty("result").GetProperty("errors").GetInt64());
        Assert.Equal(20_000, report.GetProperty("latencyMs").GetProperty("count").GetInt64());
        Assert.True(report.GetProperty("latencyMs").GetProperty("p50").GetDouble() > 0);
        Assert.True(report.GetProperty("resources").GetProperty("serverResidentMb").GetDouble() > 0);
        Assert.Equal("flush", report.GetProperty("conditions").GetProperty("flushMode").GetString());
        Assert.True(report.GetProperty("conditions").GetProperty("flushedBeforeAck").GetBoolean());
        Assert.True(report.GetProperty("machine").GetProperty("cores").GetInt32() > 0);
        Assert.DoesNotContain("bench-", (await broker.RunAsync("topic", "list")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_open_loop_sends_what_was_asked_for()
    {
        JsonElement report = Report(await broker.RunAsync("bench", "produce", "--messages", "2000", "--rate", "2000", "--warm-up", "200ms", "--linger", "0", "-o", "json"));

        Assert.Equal(2000, report.GetProperty("result").GetProperty("messages").GetInt64());
        Assert.Equal("open loop", report.GetProperty("conditions").GetProperty("load").GetString());

        // 2000 messages take a second at this rate; faster would not be open loop.
        Assert.True(report.GetProperty("result").GetProperty("seconds").GetDouble() > 0.9);
    }

    [Theory]
    [InlineData("--tail")]
    [InlineData("--consumers=2")]
    public async Task Reading_is_measured_and_every_message_is_proved_to_be_there_once_and_in_order(string option)
    {
        JsonElement report = Report(await broker.RunAsync("bench", "consume", option, "--messages", "30000", "--producers", "2", "--size", "200", "-o", "json"));

        JsonElement verification = report.GetProperty("verification");
        Assert.True(verification.GetProperty("complete").GetBoolean());
        Assert.Equal(30_000, verification.GetProperty("read").GetInt64());
        Assert.Equal(0, verification.GetProperty("unstamped").GetInt64());
        Assert.Equal(30_000, report.GetProperty("result").GetProperty("messages").GetInt64());
    }

    [Fact]
    public async Task Latency_counts_every_message_end_to_end_and_to_its_acknowledgement()
    {
        JsonElement report = Report(await broker.RunAsync("bench", "latency", "--rate", "500", "--messages", "500", "--warm-up", "200ms", "-o", "json"));

        Assert.Equal(500, report.GetProperty("endToEndMs").GetProperty("count").GetInt64());
        Assert.Equal(500, report.GetProperty("acknowledgedMs").GetProperty("count").GetInt64());
        Assert.True(report.GetProperty("verification").GetProperty("complete").GetBoolean());
    }

    [Fact]
    public async Task What_an_ordinary_topic_holds_can_be_read_as_a_measurement()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "2");
        await broker.RunAsync("produce", topic, "--count", "1000");

        JsonElement report = Report(await broker.RunAsync("bench", "consume", "--topic", topic, "--existing", "-o", "json"));

        Assert.Equal(1000, report.GetProperty("verification").GetProperty("read").GetInt64());
        Assert.Equal(1000, report.GetProperty("verification").GetProperty("unstamped").GetInt64());
        Assert.Contains(topic, (await broker.RunAsync("topic", "list")).Text, StringComparison.Ordinal);
    }

    private static JsonElement Report(CommandOutcome outcome)
    {
        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}: {outcome.Error}");
        return JsonDocument.Parse(outcome.Output).RootElement;
    }
}
