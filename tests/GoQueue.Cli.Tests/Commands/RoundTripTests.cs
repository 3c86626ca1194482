using System.Text;
using System.Text.Json;
using GoQueue.Cli.Tests.Running;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Commands;

[Collection(BrokerTests.Name)]
public sealed class RoundTripTests(RunningBroker broker)
{
    [Fact]
    public async Task Lines_come_back_byte_for_byte_with_odd_bytes_and_empty_lines()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        Random random = new(5);
        byte[] odd = new byte[300_000];
        random.NextBytes(odd);
        byte[] input = [.. "first\n\n\n \t\r\n\0\n"u8, 0xFF, 0xFE, (byte)'\n', .. odd, (byte)'\n'];

        CommandOutcome produced = await broker.RunWithInputAsync(input, "produce", topic);
        CommandOutcome consumed = await broker.RunAsync("consume", topic);

        Assert.Equal((0, 0), (produced.Code, consumed.Code));
        Assert.Contains($"{input.Count(value => value == (byte)'\n')} messages acknowledged", produced.Error, StringComparison.Ordinal);
        Assert.Empty(produced.Output);
        Assert.Equal(input, consumed.Output);
        Assert.Empty(consumed.Error);
    }

    [Fact]
    public async Task A_whole_file_is_one_message_and_values_with_line_ends_go_through_nul_separated_pipes()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1"), copy = await broker.CreateTopicAsync("--partitions", "1");
        using TempFolder folder = new();
        string file = Path.Combine(folder.Path, "two lines");
        await File.WriteAllTextAsync(file, "one\ntwo\n");

        Assert.Equal(0, (await broker.RunAsync("produce", topic, "--file", file, "--file", file)).Code);
        CommandOutcome values = await broker.RunAsync("consume", topic, "--format", "%v\\0");
        Assert.Equal(0, (await broker.RunWithInputAsync(values.Output, "produce", copy, "--null")).Code);

        Assert.Equal("[one\ntwo\n][one\ntwo\n]", (await broker.RunAsync("consume", copy, "--format", "[%v]")).Text);
    }

    [Fact]
    public async Task Keys_headers_priority_and_partition_arrive_as_given()
    {
        string topic = await broker.CreateTopicAsync();

        CommandOutcome produced = await broker.RunAsync(
            "produce", topic, "-m", "hello", "-m", "world", "--key", "k1", "--header", "trace=abc", "--header", "empty=", "--priority", "high", "-p", "2", "--compression", "gzip", "-o", "json");
        CommandOutcome consumed = await broker.RunAsync("consume", topic, "-p", "2", "-o", "json");

        JsonElement summary = JsonDocument.Parse(produced.Output).RootElement;
        Assert.Equal(2, summary.GetProperty("acknowledged").GetInt64());
        Assert.Equal(2, summary.GetProperty("partitions")[0].GetProperty("partition").GetInt32());
        JsonElement[] messages = Lines(consumed);
        Assert.Equal(["hello", "world"], messages.Select(message => message.GetProperty("value").GetString()));
        Assert.All(messages, message =>
        {
            Assert.Equal("k1", message.GetProperty("key").GetString());
            Assert.Equal("high", message.GetProperty("priority").GetString());
            Assert.Equal("abc", message.GetProperty("headers").GetProperty("trace").GetString());
            Assert.Equal(string.Empty, message.GetProperty("headers").GetProperty("empty").GetString());
            Assert.Equal(2, message.GetProperty("partition").GetInt32());
        });
    }

    [Fact]
    public async Task Keys_are_cut_off_lines_and_a_tombstone_has_no_value()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");

        await broker.RunWithInputAsync("a\t1\nb\t2\t3\n"u8.ToArray(), "produce", topic, "--key-separator", "\\t");
        await broker.RunAsync("produce", topic, "--key", "a", "--tombstone", "-m", "ignored");

        Assert.Equal("a=1/1\nb=2\t3/3\na=/-1\n", (await broker.RunAsync("consume", topic, "--format", "%k=%v/%V\\n")).Text);
    }

    [Fact]
    public async Task Many_messages_are_all_there_once_and_in_order_per_partition()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "4");
        const int Count = 50_000;

        CommandOutcome produced = await broker.RunAsync("produce", topic, "--count", $"{Count}");
        CommandOutcome consumed = await broker.RunAsync("consume", topic, "--format", "%p %o %v\\n");

        Assert.Equal((0, 0), (produced.Code, consumed.Code));
        (int Partition, long Offset, long Number)[] messages = [.. consumed.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')).Select(cells => (int.Parse(cells[0]), long.Parse(cells[1]), long.Parse(cells[3])))];
        Assert.Equal(Enumerable.Range(1, Count).Select(number => (long)number), messages.Select(message => message.Number).Order());
        foreach (IGrouping<int, (int Partition, long Offset, long Number)> partition in messages.GroupBy(message => message.Partition))
        {
            Assert.Equal(Enumerable.Range(0, partition.Count()).Select(offset => (long)offset), partition.Select(message => message.Offset));
            Assert.Equal(partition.Select(message => message.Number).Order(), partition.Select(message => message.Number));
        }
    }

    [Fact]
    public async Task A_start_can_be_an_offset_the_last_ones_or_a_time()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        await broker.RunAsync("produce", topic, "-m", "0", "-m", "1", "-m", "2", "-m", "3");

        Assert.Equal("2\n3\n", (await broker.RunAsync("consume", topic, "--offset", "2")).Text);
        Assert.Equal("3\n", (await broker.RunAsync("consume", topic, "--offset", "-1")).Text);
        Assert.Equal("0\n1\n2\n3\n", (await broker.RunAsync("consume", topic, "--offset", "-100")).Text);
        Assert.Equal("0\n1\n", (await broker.RunAsync("consume", topic, "--from-beginning", "--max", "2")).Text);
        Assert.Equal("0\n1\n2\n3\n", (await broker.RunAsync("consume", topic, "--from-time", "-1h")).Text);
        Assert.Equal(string.Empty, (await broker.RunAsync("consume", topic, "--offset", "end")).Text);
        long third = Lines(await broker.RunAsync("consume", topic, "-o", "json"))[2].GetProperty("timestamp").GetInt64();
        Assert.EndsWith("2\n3\n", (await broker.RunAsync("consume", topic, "--from-time", $"{third}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_prints_messages_as_they_come_and_ctrl_c_ends_it_with_130()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        await broker.RunAsync("produce", topic, "-m", "before");
        using GoQueueProcess follow = broker.Start("consume", topic, "--follow", "--from-beginning");
        await Eventually.TrueAsync(() => follow.OutputSoFar == "before\n", "the old message");

        await broker.RunAsync("produce", topic, "-m", "after");
        await Eventually.TrueAsync(() => follow.OutputSoFar == "before\nafter\n", "the new message, although the buffer is not full");
        follow.Interrupt();

        CommandOutcome outcome = await follow.EndAsync();
        Assert.Equal((130, "interrupted after 2 messages\n"), (outcome.Code, outcome.Error));
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_a_following_consumer_quietly()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        await broker.RunAsync("produce", topic, "--count", "50000");

        CommandOutcome outcome = await Shell.RunAsync($"goqueue --server {broker.Grpc} consume {topic} --from-beginning --follow | head -n 2; echo ${{PIPESTATUS[0]}}");

        Assert.Equal("message 1\nmessage 2\n0\n", outcome.Text);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Interrupted_producing_acknowledges_what_was_accepted_and_says_how_many()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        using GoQueueProcess produce = broker.Start("produce", topic, "-o", "json");
        await produce.Input.WriteAsync("one\ntwo\nthree\nhalf a line"u8.ToArray());
        await produce.Input.FlushAsync();
        await EventuallyReadAsync(topic, "one\ntwo\nthree\n");

        produce.Interrupt();

        CommandOutcome outcome = await produce.EndAsync();
        Assert.Equal(130, outcome.Code);
        Assert.Contains("3 messages acknowledged", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(3, JsonDocument.Parse(outcome.Output).RootElement.GetProperty("acknowledged").GetInt64());
        Assert.Equal("one\ntwo\nthree\n", (await broker.RunAsync("consume", topic)).Text);
    }

    [Fact]
    public async Task An_expired_message_is_left_out()
    {
        string topic = await broker.CreateTopicAsync("--partitions", "1");
        await broker.RunAsync("produce", topic, "-m", "gone", "--ttl", "1ms");
        await broker.RunAsync("produce", topic, "-m", "stays", "--ttl", "1h");

        await EventuallyReadAsync(topic, "stays\n");
    }

    private static JsonElement[] Lines(CommandOutcome outcome)
    {
        Assert.Equal(0, outcome.Code);
        return [.. outcome.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private async Task EventuallyReadAsync(string topic, string expected)
    {
        for (int attempt = 0; ; attempt++)
        {
            string text = (await broker.RunAsync("consume", topic)).Text;
            if (text == expected || attempt == 100)
            {
                Assert.Equal(expected, text);
                return;
            }
        }
    }
}
