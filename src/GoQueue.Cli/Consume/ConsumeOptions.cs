using System.CommandLine;
using System.Globalization;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Messages;
using GoQueue.Cli.Topics;
using GoQueue.Client;

namespace GoQueue.Cli.Consume;

/// <summary>The options of <c>goqueue consume</c> and what they come to.</summary>
internal sealed class ConsumeOptions
{
    public Option<string[]> Partitions { get; } = OptionOf.Texts("--partition", ["-p"], "Read this partition only.", "NUMBER");

    public Option<bool> FromBeginning { get; } = OptionOf.Flag("--from-beginning", "Start with the oldest message.");

    public Option<string?> Offset { get; } = OptionOf.Text("--offset", "Start at this offset of each partition; -N is the last N, end the end.", "OFFSET");

    public Option<string?> FromTime { get; } = OptionOf.Text("--from-time", "Start at the first message at or after this time: RFC 3339, ms since 1970, or -1h.", "TIME");

    public Option<bool> Follow { get; } = OptionOf.Flag("--follow", "Go on when everything there is has been read.");

    public Option<long?> Max { get; } = OptionOf.Whole("--max", [], "End after this many messages.", "COUNT", 1, long.MaxValue);

    public Option<string?> Format { get; } = OptionOf.Text("--format", "How to print a message; see below. Default '%v\\n'.", "FORMAT");

    public Option<TimeSpan?> QuietTime { get; } = OptionOf.Duration("--timeout", "End when no message came for this long.");

    public Option<string?> Rack { get; } = OptionOf.Text("--rack", "Read from in-sync replicas in this rack, where there are any, instead of from the leaders.", "NAME");

    public Option<TruncationPolicy?> OnTruncation { get; } = OptionOf.Choice(
        "--on-truncation",
        [],
        "What to do when an unclean election took back messages that were printed: end, or go on where the log parts from them. Default fail.",
        ("fail", TruncationPolicy.Fail),
        ("continue", TruncationPolicy.Continue));

    public IEnumerable<Option> All => [Partitions, FromBeginning, Offset, FromTime, Follow, Max, Format, QuietTime, Rack, OnTruncation];

    /// <exception cref="CommandFailure">The format is wrong, or does not go with the output format.</exception>
    public MessageFormat ReadFormat(Session session)
    {
        if (session.Get(Format) is not { } text)
        {
            return MessageFormat.Default;
        }

        return MessageFormat.TryParse(text, out MessageFormat format, out string error)
            ? format
            : throw CommandFailure.Usage($"wrong --format: {error}", "see `goqueue consume --help`");
    }

    /// <summary>What the consumer is to read; asks the server where the last N messages begin.</summary>
    public async Task<ConsumerOptions> ForConsumerAsync(Session session, GoQueueClient client, string topic)
    {
        session.Exclusive(FromBeginning, Offset);
        session.Exclusive(FromBeginning, FromTime);
        session.Exclusive(Offset, FromTime);
        bool follow = session.Get(Follow);
        ConsumerOptions options = new()
        {
            Topic = topic,
            Partitions = ReadPartitions(session),
            StopAtEnd = !follow,
            Rack = session.Get(Rack) is { Length: > 0 } rack ? rack : null,
            OnTruncated = session.Get(OnTruncation) ?? TruncationPolicy.Fail,
            OnTruncation = lost => SayLost(session, lost),
            Start = follow && !session.Get(FromBeginning) ? StartPosition.Latest : StartPosition.Earliest,
        };
        return (session.Get(Offset), session.Get(FromTime)) switch
        {
            ("end" or "latest", _) => options with { Start = StartPosition.Latest },
            ("beginning" or "earliest", _) => options with { Start = StartPosition.Earliest },
            ({ } text, _) => await AtOffsetAsync(options, session, client, text),
            (_, { } time) => options with { Start = StartPosition.AtTime(OffsetsCommand.ReadTime(session, time)) },
            _ => options,
        };
    }

    /// <summary>Between the messages on standard output, so that whoever looks sees where.</summary>
    private static void SayLost(Session session, LogTruncation lost)
    {
        session.Streams.Output.Flush();
        session.Notices.Say($"goqueue: an unclean election took back what was read of partition {lost.Partition} from offset {lost.DivergesAt} to {lost.ReadTo}; going on with what is stored there now");
    }

    private static async Task<ConsumerOptions> AtOffsetAsync(ConsumerOptions options, Session session, GoQueueClient client, string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long offset))
        {
            throw CommandFailure.Usage($"'{text}' (--offset) is not an offset", "use a number, -N for the last N messages, beginning or end");
        }

        return offset >= 0
            ? options with { Start = StartPosition.AtOffset(offset) }
            : options with { StartOffsets = await LastOffsetsAsync(options, session, client, -offset) };
    }

    private static async Task<Dictionary<int, long>> LastOffsetsAsync(ConsumerOptions options, Session session, GoQueueClient client, long count)
    {
        IReadOnlyList<int> partitions = options.Partitions
            ?? [.. (await client.Admin.DescribeTopicAsync(options.Topic, session.Cancel)).Partitions.Select(partition => partition.Index)];
        Dictionary<int, long> starts = [];
        foreach (int partition in partitions)
        {
            PartitionOffsets offsets = await client.Admin.GetOffsetsAsync(options.Topic, partition, null, session.Cancel);
            starts[partition] = Math.Max(offsets.LogStart, offsets.HighWatermark - count);
        }

        return starts;
    }

    private List<int>? ReadPartitions(Session session)
    {
        string[] texts = session.Get(Partitions)!;
        List<int> partitions = [];
        foreach (string text in texts.SelectMany(text => text.Split(',')))
        {
            partitions.Add(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
                ? partition
                : throw CommandFailure.Usage($"'{text}' (--partition) is not the number of a partition", "use a number from 0, see `goqueue topic describe`"));
        }

        return partitions.Count == 0 ? null : [.. partitions.Distinct()];
    }
}
