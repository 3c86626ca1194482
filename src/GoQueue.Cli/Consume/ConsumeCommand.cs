using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Messages;
using GoQueue.Cli.Output;
using GoQueue.Client;

namespace GoQueue.Cli.Consume;

/// <summary><c>goqueue consume</c>: prints messages as they come, byte for byte.</summary>
internal sealed class ConsumeCommand
{
    private readonly Argument<string> topic;
    private readonly ConsumeOptions options = new();

    private ConsumeCommand(CommandTree tree)
    {
        topic = tree.ExistingTopic();
    }

    public static void AddTo(CommandTree tree)
    {
        ConsumeCommand consume = new(tree);
        Command command = new("consume", "Read messages and print them.") { consume.topic };
        foreach (Option option in consume.options.All)
        {
            command.Options.Add(option);
        }

        tree.Add(
            null,
            command,
            new CommandText(
                "Without a start it begins with the oldest message, or with --follow at the end. Without --follow it ends when it has read what was there at the start. "
                + "Messages of one partition come in order. Nothing is committed: reading leaves no trace. "
                + $"A format holds text and {MessageFormat.Letters}. With -o json every message is one JSON object on a line; bytes that are not UTF-8 are in keyBase64 and valueBase64. "
                + "With --follow, --max and --timeout together, fewer messages than --max is exit code 4, none at all is 1.",
                ("goqueue consume orders", "everything there is, one value a line"),
                ("goqueue consume orders --follow --format '%p/%o %k %v\\n'", "what comes from now on, with partition, offset and key"),
                ("goqueue consume orders --from-time -1h -o json", "the last hour as JSON lines"),
                ("goqueue consume orders --partition 0 --offset -10", "the last ten messages of partition 0"),
                ("goqueue consume orders --format '%v\\0' | goqueue produce copy --null", "copy values of any bytes into another topic")),
            session => session.WithClientAsync(client => consume.RunAsync(session, client)));
    }

    private async Task<ExitCode> RunAsync(Session session, GoQueueClient client)
    {
        MessagePrinter printer = new(session, options.ReadFormat(session));
        if (session.Format != OutputFormat.Table && session.IsGiven(options.Format))
        {
            throw CommandFailure.Usage($"--format and -o {session.Format.ToString().ToLowerInvariant()} do not go together", "leave one of them out");
        }

        ConsumerOptions consumerOptions = await options.ForConsumerAsync(session, client, session.Get(topic));

        // A consumer waits for a server that may yet come; whoever types wants to be told now.
        await client.Admin.DescribeTopicAsync(session.Get(topic), session.Cancel);
        await using GoQueueConsumer consumer = client.CreateConsumer(consumerOptions);
        bool quiet = false;
        try
        {
            quiet = !await ReadAsync(session, consumer, printer);
        }
        catch (OperationCanceledException) when (session.Interruption.Happened)
        {
            session.Streams.Output.Flush();
            session.Notices.Say($"interrupted after {printer.Count} {(printer.Count == 1 ? "message" : "messages")}");
            return ExitCode.Interrupted;
        }

        session.Streams.Output.Flush();
        session.Notices.Detail($"{printer.Count} messages");
        return quiet ? Shortage(session, printer.Count) : ExitCode.Ok;
    }

    /// <summary>Prints until the end, the maximum, or (false) nothing came for the time given.</summary>
    private async Task<bool> ReadAsync(Session session, GoQueueConsumer consumer, MessagePrinter printer)
    {
        long max = session.Get(options.Max) ?? long.MaxValue;
        TimeSpan quietTime = session.Get(options.QuietTime) ?? Timeout.InfiniteTimeSpan;
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(session.Cancel);
        silence.CancelAfter(quietTime);
        await using IAsyncEnumerator<MessageBatch> batches = consumer.ReadBatchesAsync(silence.Token).GetAsyncEnumerator(silence.Token);
        try
        {
            while (true)
            {
                ValueTask<bool> next = batches.MoveNextAsync();
                if (!next.IsCompleted)
                {
                    // Nothing more at hand: what is there must be seen now, not when the buffer is full.
                    session.Streams.Output.Flush();
                }

                if (!await next)
                {
                    return true;
                }

                if (printer.Print(batches.Current, max))
                {
                    silence.CancelAfter(quietTime);
                }

                if (printer.Count >= max)
                {
                    return true;
                }

                session.Cancel.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (!session.Interruption.Happened)
        {
            return false;
        }
    }

    private ExitCode Shortage(Session session, long count)
    {
        if (!session.Get(options.Follow) || session.Get(options.Max) is not { } wanted)
        {
            return ExitCode.Ok;
        }

        session.Notices.Say($"goqueue: {count} of {wanted} messages came before the time-out");
        session.Notices.Say("  next: wait longer with --timeout, or look at what there is with `goqueue offsets`");
        return count == 0 ? ExitCode.Refused : ExitCode.PartlyDone;
    }
}
