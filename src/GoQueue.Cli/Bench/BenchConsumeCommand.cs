using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary><c>goqueue bench consume</c>: how fast messages come back, at the tail and catching up, with a proof that all did, once and in order.</summary>
internal sealed class BenchConsumeCommand
{
    private const long UsualMessages = 1_000_000;

    private readonly BenchOptions options = new();
    private readonly Option<long?> consumers = OptionOf.Whole("--consumers", [], "Readers, each with its own connection and its share of the partitions. Default 1.", "COUNT", 1, 1024);
    private readonly Option<long?> fanOut = OptionOf.Whole("--fan-out", [], "Read the whole topic this many times at once, each time with consumers of its own. Default 1.", "COUNT", 1, 256);
    private readonly Option<bool> tail = OptionOf.Flag("--tail", "Read while the messages are written, instead of afterwards from the start.");
    private readonly Option<string?> rack = OptionOf.Text("--rack", "Read from in-sync replicas in this rack, where there are any, instead of from the leaders.", "NAME");
    private readonly Option<bool> existing = OptionOf.Flag("--existing", "Write nothing: read what --topic holds.");

    public static void AddTo(CommandTree tree, Command group)
    {
        BenchConsumeCommand consume = new();
        Command command = new("consume", "Measure reading: throughput, processor time and allocation per message, and whether every message came once and in order.")
        {
            consume.consumers, consume.fanOut, consume.tail, consume.rack, consume.existing,
        };
        foreach (Option option in consume.options.OfTopic.Concat(consume.options.OfLoad).Concat(consume.options.OfMachine).Where(option => option != consume.options.Duration))
        {
            command.Options.Add(option);
        }

        tree.Add(
            group,
            command,
            new CommandText(
                "It writes --messages (default 1,000,000) first and then reads them from the start; with --tail it reads while they are written, as fast as they come (or at --rate).",
                ("goqueue bench consume --messages 2000000", "catching up from the start"),
                ("goqueue bench consume --tail --messages 2000000 --consumers 2", "at the tail, while they are written"),
                ("goqueue bench consume --tail --rate 50000 --fan-out 10", "ten subscribers of one hot topic, served from the broker's memory"),
                ("goqueue bench consume --topic orders --existing", "read what a topic holds"),
                ("goqueue bench consume --topic orders --existing --rack zone-b", "read it from the replicas of one rack")),
            session => session.WithClientAsync(client => consume.RunAsync(session, client)));
    }

    private async Task<ExitCode> RunAsync(Session session, GoQueueClient client)
    {
        session.Exclusive(existing, tail);
        if (session.Get(existing) && !session.IsGiven(options.Topic))
        {
            throw CommandFailure.Usage("--existing needs --topic", "name the topic to read");
        }

        await using BenchTopic topic = await options.OpenTopicAsync(session, client);
        LoadPlan plan = options.Plan(session, topic, TimeSpan.Zero) with { Messages = session.Get(options.Messages) ?? UsualMessages, Duration = null, WarmUp = session.Get(options.WarmUp) ?? TimeSpan.Zero };
        ProducerOptions producerOptions = options.ForProducer(session, usualLinger: TimeSpan.FromMilliseconds(5));
        Dictionary<int, long> ends = await EndsAsync(session, client, topic);
        ResourceMeter meter = new((int?)session.Get(options.ServerProcess));
        bool atTail = session.Get(tail);

        // Readers at the tail must be there before the first message.
        await using ReaderGroup readers = new(
            session, (int)(session.Get(consumers) ?? 1), (int)(session.Get(fanOut) ?? 1), topic, StartPosition.Earliest, session.Get(existing) ? null : ends, stopAtEnd: !atTail, Rack(session));
        long? expected = null;
        if (atTail)
        {
            expected = await TailAsync(session, plan, producerOptions, readers, meter) * readers.Copies;
        }
        else
        {
            expected = session.Get(existing) ? null : await FillAsync(session, plan, producerOptions, meter: null) * readers.Copies;
            meter.Start();
            await ProgressDisplay.RunAsync(session, "read", expected, quiet: false, () => readers.Messages, () => readers.RunAsync(session.Cancel));
            meter.Stop();
        }

        return await ReportAsync(session, topic, plan, producerOptions, readers, meter, expected);
    }

    private string? Rack(Session session) => session.Get(rack) is { Length: > 0 } name ? name : null;

    private static async Task<long> FillAsync(Session session, LoadPlan plan, ProducerOptions producerOptions, ResourceMeter? meter)
    {
        await using LoadGenerator load = new(session, plan, producerOptions);
        await ProgressDisplay.RunAsync(session, "written", plan.Messages, quiet: false, () => load.Acknowledged, () => load.RunAsync(() => Begin(meter), session.Cancel));
        GoQueueException? error = load.Recorders.Select(recorder => recorder.Tally.FirstError).FirstOrDefault(first => first is not null);
        return error is null ? load.Acknowledged : throw error;
    }

    private static async Task<long> TailAsync(Session session, LoadPlan plan, ProducerOptions producerOptions, ReaderGroup readers, ResourceMeter meter)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(session.Cancel);
        Task reading = readers.RunAsync(enough.Token);
        long expected = await FillAsync(session, plan, producerOptions, meter);
        Task<bool> reaching = readers.ReachAsync(expected * readers.Copies, session.Cancel);
        await Task.WhenAny(reaching, reading);
        meter.Stop();
        await enough.CancelAsync();
        await reading;
        return expected;
    }

    private static Task Begin(ResourceMeter? meter)
    {
        meter?.Start();
        return Task.CompletedTask;
    }

    private static async Task<Dictionary<int, long>> EndsAsync(Session session, GoQueueClient client, BenchTopic topic)
    {
        Dictionary<int, long> ends = [];
        foreach (PartitionDescription partition in topic.Description.Partitions)
        {
            ends[partition.Index] = (await client.Admin.GetOffsetsAsync(topic.Name, partition.Index, null, session.Cancel)).HighWatermark;
        }

        return ends;
    }

    private async Task<ExitCode> ReportAsync(
        Session session, BenchTopic topic, LoadPlan plan, ProducerOptions producerOptions, ReaderGroup readers, ResourceMeter meter, long? expected)
    {
        FlushProbe? probe = await options.ProbeAsync(session);
        long bytes = readers.Readers.Sum(reader => reader.Bytes);
        BenchReport report = new();
        report.Add("result")
            .Number("messages", readers.Messages, 0)
            .Number("seconds", readers.Seconds, 3)
            .Number("messagesPerSecond", readers.Messages / readers.Seconds, 0)
            .Number("megabytesPerSecond", bytes / readers.Seconds / 1e6, 1);
        bool complete = readers.AddVerification(report, expected);
        meter.AddTo(report, readers.Messages);
        BenchConditions.Add(report, session, topic, plan, producerOptions)
            .Text("reading", session.Get(tail) ? "tail, while written" : "catch-up, from the start")
            .Number("consumers", readers.Readers.Count, 0)
            .Number("fanOut", readers.Copies, 0)
            .Text("rack", Rack(session) ?? "none: from the leaders");
        session.Results.Write(report.Machine(MachineFacts.Read()).Probe(probe).ToResult());
        if (session.Interruption.Happened)
        {
            return ExitCode.Interrupted;
        }

        return complete ? ExitCode.Ok : throw new CommandFailure(
            readers.Messages == 0 ? ExitCode.Refused : ExitCode.PartlyDone,
            $"{readers.Messages} of {expected?.ToString() ?? "the"} messages were read, or not once and in order",
            "see `verification` above; with --existing a compacted or expired topic has gaps by design");
    }
}
