using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GoQueue.Cli.Bench;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Client;
using GoQueue.Core;

namespace GoQueue.Cli.Produce;

/// <summary><c>goqueue produce</c>: reads messages, hands them to the producer, and accounts for every one of them at the end.</summary>
internal sealed class ProduceCommand
{
    private readonly Argument<string> topic;
    private readonly ProduceOptions options = new();

    private ProduceCommand(CommandTree tree)
    {
        topic = tree.ExistingTopic();
    }

    public static void AddTo(CommandTree tree)
    {
        ProduceCommand produce = new(tree);
        Command command = new("produce", "Send messages: lines of standard input, texts, files.") { produce.topic };
        foreach (Option option in produce.options.All)
        {
            command.Options.Add(option);
        }

        tree.Add(
            null,
            command,
            new CommandText(
                "Every line of standard input is a message, byte for byte without its line end; an empty line is an empty message. "
                + "At the end it says how many messages were acknowledged (with -o json on standard output). "
                + "It stops at the first message that is refused for good: exit code 1 when none was acknowledged before, else 4.",
                ("seq 1 1000 | goqueue produce orders", "a thousand messages"),
                ("goqueue produce orders -m hello -m world --key customer-1 --header trace=abc", "two messages of one key"),
                ("goqueue produce prices --file prices.tsv --lines --key-separator '\\t'", "keys from the first column"),
                ("goqueue produce images --file cat.jpg --key cat", "a file as one message"),
                ("goqueue produce prices --key old-product --tombstone", "let compaction forget a key"),
                ("goqueue produce orders --count 100000 --rate 5000", "some load (see goqueue bench for measuring)")),
            session => session.WithClientAsync(client => produce.RunAsync(session, client)));
    }

    private async Task<ExitCode> RunAsync(Session session, GoQueueClient client)
    {
        MessageSource source = options.Source(session);
        KeySplitter keys = options.Keys(session);
        ProducerMessage template = options.Template(session);

        // The producer would wait a minute for a server or topic that may yet come; whoever types wants to be told now.
        await client.Admin.DescribeTopicAsync(session.Get(topic), session.Cancel);
        DeliveryTally tally = new();
        long start = Stopwatch.GetTimestamp();
        Exception? failure = null;
        await using (GoQueueProducer producer = client.CreateProducer(options.ForProducer(session, tally.OnDelivery)))
        {
            bool typed = source.Total is null && session.Streams.InputIsTerminal && !session.IsGiven(options.Files);
            if (typed)
            {
                session.Notices.Say("reading messages from the terminal, one a line; Ctrl-D ends");
            }

            try
            {
                await ProgressDisplay.RunAsync(
                    session, "acknowledged", typed ? 0 : source.Total, typed, () => tally.Acknowledged, () => SendAsync(session, producer, template, source.ReadAsync(keys, session.Cancel), tally));
            }
            catch (Exception e) when (e is GoQueueException or CommandFailure or OperationCanceledException)
            {
                failure = e;
            }

            // Also after Ctrl-C: what was accepted is sent and answered for. A second Ctrl-C ends the process.
            await producer.FlushAsync(CancellationToken.None);
        }

        return Report(session, tally, Stopwatch.GetElapsedTime(start), failure ?? tally.FirstError);
    }

    private async Task SendAsync(Session session, GoQueueProducer producer, ProducerMessage template, IAsyncEnumerable<OutgoingMessage> messages, DeliveryTally tally)
    {
        string name = session.Get(topic);
        OpenLoopPacer? pacer = session.Get(options.Rate) is { } rate ? new OpenLoopPacer(Stopwatch.GetTimestamp(), rate) : null;
        long number = 0;
        await foreach (OutgoingMessage message in messages)
        {
            if (tally.FirstError is { } error)
            {
                throw error;
            }

            if (pacer is not null && pacer.TimeUntil(number) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, session.Cancel);
            }

            session.Cancel.ThrowIfCancellationRequested();
            ProducerMessage sent = template with { Key = message.Key, Value = message.Value };
            if (!producer.TryEnqueue(name, sent))
            {
                await producer.EnqueueAsync(name, sent, 0, session.Cancel);
            }

            number++;
        }
    }

    private ExitCode Report(Session session, DeliveryTally tally, TimeSpan elapsed, Exception? failure)
    {
        string acks = session.Get(options.Acks) == ProducerAcks.None ? "handed over without an acknowledgement" : "acknowledged";
        string where = string.Join(", ", tally.Partitions.Select(partition => partition.First < 0
            ? $"partition {partition.Partition}: {partition.Count}"
            : $"partition {partition.Partition}: offsets {partition.First} to {partition.Last}"));
        if (tally.Acknowledged > 0 || failure is null or OperationCanceledException)
        {
            session.Notices.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{tally.Acknowledged} {(tally.Acknowledged == 1 ? "message" : "messages")} {acks} in {elapsed.TotalSeconds:0.00} s{(where.Length > 0 && tally.Partitions.Count <= 8 ? $" ({where})" : string.Empty)}"));
        }

        if (session.Format != OutputFormat.Table)
        {
            session.Results.Write(new CommandResult(Summary(session, tally, elapsed)));
        }

        if (tally.Failed > 0)
        {
            session.Notices.Say($"{tally.Failed} failed: " + string.Join(", ", tally.Errors.Select(error => $"{ErrorCodes.Name(error.Code)} {error.Count}")));
        }

        if (failure is null)
        {
            return ExitCode.Ok;
        }

        CommandFailure translated = failure is GoQueueException refused
            ? FailureTranslation.OfServer(refused, session.Server)
            : FailureTranslation.Translate(failure, session.Interruption.Happened);
        bool partly = tally.Acknowledged > 0 && translated.Code is (ExitCode.Refused or ExitCode.CannotConnect);
        throw partly ? new CommandFailure(ExitCode.PartlyDone, translated.Message, translated.Next, translated.InnerException) : translated;
    }

    private JsonObject Summary(Session session, DeliveryTally tally, TimeSpan elapsed)
    {
        JsonArray partitions = [];
        foreach ((int partition, long count, long first, long last) in tally.Partitions)
        {
            partitions.Add((JsonNode)new JsonObject
            {
                ["partition"] = partition,
                ["acknowledged"] = count,
                ["firstOffset"] = first < 0 ? null : first,
                ["lastOffset"] = last < 0 ? null : last,
            });
        }

        JsonObject errors = [];
        foreach ((ErrorCode code, long count) in tally.Errors)
        {
            errors[ErrorCodes.Name(code)] = count;
        }

        return new JsonObject
        {
            ["topic"] = session.Get(topic),
            ["acknowledged"] = tally.Acknowledged,
            ["failed"] = tally.Failed,
            ["seconds"] = Math.Round(elapsed.TotalSeconds, 6),
            ["partitions"] = partitions,
            ["errors"] = errors,
        };
    }
}
