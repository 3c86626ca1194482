using GoQueue.Cli.Tests.Running;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Commands;

[Collection(BrokerTests.Name)]
public sealed class RefusalTests(RunningBroker broker)
{
    [Theory]
    [InlineData(1, "goqueue topic create", "consume", "no-such-topic")]
    [InlineData(1, "goqueue topic create", "produce", "no-such-topic", "-m", "x")]
    [InlineData(1, "goqueue topic list", "topic", "describe", "no-such-topic")]
    [InlineData(1, "goqueue topic list", "topic", "delete", "no-such-topic")]
    [InlineData(1, "goqueue topic list", "offsets", "no-such-topic")]
    [InlineData(1, "INVALID_TOPIC_NAME", "topic", "create", "a/b")]
    [InlineData(1, "INVALID_CONFIGURATION", "topic", "create", "short", "--retention", "1ms")]
    [InlineData(2, "nothing to change", "topic", "alter", "no-such-topic")]
    [InlineData(2, "wrong --format", "consume", "x", "--format", "%z")]
    [InlineData(2, "do not go together", "consume", "x", "--offset", "1", "--from-beginning")]
    [InlineData(2, "do not go together", "consume", "x", "--format", "%v", "-o", "json")]
    [InlineData(2, "is not a time", "consume", "x", "--from-time", "soon")]
    [InlineData(2, "is not an offset", "consume", "x", "--offset", "first")]
    [InlineData(2, "not the number of a partition", "consume", "x", "-p", "one")]
    [InlineData(2, "do not go together", "produce", "x", "-m", "a", "--file", "b")]
    [InlineData(2, "NAME=VALUE", "produce", "x", "-m", "a", "--header", "b")]
    [InlineData(2, "--lines needs --file", "produce", "x", "--lines")]
    [InlineData(2, "deletes nothing", "produce", "x", "-m", "a", "--tombstone")]
    [InlineData(2, "a number with a unit", "produce", "x", "-m", "a", "--ttl", "5")]
    [InlineData(2, "expected one of none, leader, all", "produce", "x", "-m", "a", "--acks", "most")]
    [InlineData(2, "from 1 to 10000", "topic", "create", "x", "--partitions", "0")]
    [InlineData(2, "known keys", "topic", "create", "x", "--config", "replicas=3")]
    [InlineData(2, "is not possible", "bench", "produce", "--size", "10")]
    [InlineData(2, "--existing needs --topic", "bench", "consume", "--existing")]
    [InlineData(1, "cannot read", "produce", "x", "--file", "/no/such/file")]
    public async Task A_refusal_has_its_exit_code_and_says_what_to_do(int code, string expected, params string[] arguments)
    {
        CommandOutcome outcome = await broker.RunAsync(arguments);

        Assert.Equal((code, true), (outcome.Code, outcome.Error.Contains(expected, StringComparison.Ordinal) || Explain(outcome)));
        Assert.Contains("  next: ", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task No_server_is_exit_code_3_with_the_way_to_one()
    {
        CommandOutcome outcome = await GoQueueProcess.RunAsync("topic", "list", "--server", "127.0.0.1:1");

        Assert.Equal(3, outcome.Code);
        Assert.Contains("cannot connect to 127.0.0.1:1", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("next: start one with `goqueue dev`, or name another with --server", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.Split('\n'), line => line.StartsWith("goqueue: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_server_of_several_that_answers_is_enough()
    {
        CommandOutcome outcome = await GoQueueProcess.RunAsync("topic", "list", "--server", $"127.0.0.1:1,{broker.Grpc}");
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Error));
    }

    [Fact]
    public async Task Producing_and_consuming_without_a_server_are_exit_code_3_too()
    {
        Assert.Equal(3, (await GoQueueProcess.RunAsync("produce", "x", "-m", "a", "--server", "127.0.0.1:1")).Code);
        Assert.Equal(3, (await GoQueueProcess.RunAsync("consume", "x", "--server", "127.0.0.1:1")).Code);
    }

    [Fact]
    public async Task Some_of_the_messages_refused_is_partly_done()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1", "--max-message-bytes", "4KiB");
        byte[] input = [.. "small\n"u8, .. new byte[100_000].Select(_ => (byte)'x'), (byte)'\n', .. "never sent\n"u8];

        CommandOutcome outcome = await broker.RunWithInputAsync(input, "produce", topic);

        Assert.Equal(4, outcome.Code);
        Assert.Contains("1 message acknowledged", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("MESSAGE_TOO_LARGE", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("small\n", (await broker.RunAsync("consume", topic)).Text);
    }

    [Fact]
    public async Task A_line_without_its_key_stops_with_its_number_after_what_went_before()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");

        CommandOutcome outcome = await broker.RunWithInputAsync("a:1\nb:2\nno key\nc:3\n"u8.ToArray(), "produce", topic, "--key-separator", ":");

        Assert.Equal(4, outcome.Code);
        Assert.Contains("line 3 has no key", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("1\n2\n", (await broker.RunAsync("consume", topic)).Text);
    }

    [Fact]
    public async Task Fewer_messages_than_asked_for_before_the_time_out_are_exit_codes_4_and_1()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");

        Assert.Equal(1, (await broker.RunAsync("consume", topic, "--follow", "--from-beginning", "--max", "2", "--timeout", "200ms")).Code);
        await broker.RunAsync("produce", topic, "-m", "one");
        int code = 1;
        for (int timeout = 500; code == 1 && timeout <= 64_000; timeout *= 2)
        {
            // Exit code 1 is right where a machine without a processor to spare brings nothing in that time.
            code = (await broker.RunAsync("consume", topic, "--follow", "--from-beginning", "--max", "2", "--timeout", $"{timeout}ms")).Code;
        }

        Assert.Equal(4, code);
        Assert.Equal(0, (await broker.RunAsync("consume", topic, "--follow", "--from-beginning", "--timeout", "200ms")).Code);
        Assert.Equal(0, (await broker.RunAsync("consume", topic, "--max", "2")).Code);
    }

    [Fact]
    public async Task A_full_disk_under_standard_output_is_said()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        await broker.RunAsync("produce", topic, "-m", "x");

        CommandOutcome outcome = await Shell.RunAsync($"goqueue --server {broker.Grpc} consume {topic} > /dev/full; echo $?");

        Assert.Equal("1\n", outcome.Text);
        Assert.Contains("No space left", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_output_and_error_in_one_file_do_not_overwrite_each_other()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        using TempFolder folder = new();
        string file = Path.Combine(folder.Path, "both");

        await Shell.RunAsync($"(echo first; goqueue --server {broker.Grpc} produce {topic} -m x -o json; goqueue --server {broker.Grpc} consume {topic}; goqueue consume {topic} --format %z) > {file} 2>&1");

        string[] lines = await File.ReadAllLinesAsync(file);
        Assert.Equal("first", lines[0]);
        Assert.StartsWith("1 message acknowledged", lines[1], StringComparison.Ordinal);
        Assert.Equal("{", lines[2]);
        Assert.Contains("x", lines);
        Assert.StartsWith("  next:", lines[^1], StringComparison.Ordinal);
    }

    private static bool Explain(CommandOutcome outcome) => throw new Xunit.Sdk.XunitException($"exit code {outcome.Code}: {outcome.Error}");
}
