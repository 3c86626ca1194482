using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Cli.Values;
using GoQueue.Client;

namespace GoQueue.Cli.Topics;

/// <summary><c>goqueue offsets</c>: first and next offset of every partition, and the first one at or after a time.</summary>
internal static class OffsetsCommand
{
    public static void AddTo(CommandTree tree)
    {
        Argument<string> topic = tree.ExistingTopic();
        Option<string?> time = OptionOf.Text("--time", "Also find the first offset at or after this time: RFC 3339, ms since 1970, now, or -1h.", "TIME");
        tree.Add(
            null,
            new Command("offsets", "Show the start and end of every partition of a topic.") { topic, time },
            new CommandText(
                "START is the first offset that can be read, END the one the next message will get. END-START counts the offsets between them; a compacted partition holds fewer messages.",
                ("goqueue offsets orders", "where each partition starts and ends"),
                ("goqueue offsets orders --time -1h", "and where the last hour begins")),
            session => session.WithClientAsync(async client =>
            {
                DateTimeOffset? instant = session.Get(time) is { } text ? ReadTime(session, text) : null;
                TopicDescription description = await client.Admin.DescribeTopicAsync(session.Get(topic), session.Cancel);
                PartitionOffsets[] offsets = await Task.WhenAll(
                    description.Partitions.Select(partition => client.Admin.GetOffsetsAsync(description.Name, partition.Index, instant, session.Cancel)));
                session.Results.Write(Result(description, offsets, instant));
                return ExitCode.Ok;
            }));
    }

    /// <exception cref="CommandFailure">It is not a time.</exception>
    public static DateTimeOffset ReadTime(Session session, string text) => InstantText.TryParse(text, session.Environment.Time.GetUtcNow(), out long millis)
        ? DateTimeOffset.FromUnixTimeMilliseconds(millis)
        : throw CommandFailure.Usage($"'{text}' is not a time", $"use {InstantText.Expected}");

    private static CommandResult Result(TopicDescription topic, PartitionOffsets[] offsets, DateTimeOffset? instant)
    {
        string[] columns = instant is null ? ["PARTITION", "START", "END", "END-START"] : ["PARTITION", "START", "END", "END-START", "AT-TIME"];
        ResultTable table = new ResultTable(columns).AlignRight(columns);
        JsonArray list = [];
        for (int i = 0; i < offsets.Length; i++)
        {
            PartitionOffsets found = offsets[i];
            JsonObject document = new() { ["partition"] = topic.Partitions[i].Index, ["start"] = found.LogStart, ["end"] = found.HighWatermark };
            List<string> cells = [.. new long[] { topic.Partitions[i].Index, found.LogStart, found.HighWatermark, found.HighWatermark - found.LogStart }.Select(Text)];
            if (instant is not null)
            {
                document["atTime"] = found.ForTime;
                cells.Add(found.ForTime is { } offset ? Text(offset) : "-");
            }

            list.Add((JsonNode)document);
            table.Add([.. cells]);
        }

        return new CommandResult(new JsonObject { ["topic"] = topic.Name, ["partitions"] = list }, table);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
