using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary><c>goqueue bench latency</c>: from the instant a message is due until a consumer has it.</summary>
internal sealed class BenchLatencyCommand
{
    private const double UsualRate = 1000;

    private readonly BenchOptions options = new();
    private readonly Option<long?> consumers = OptionOf.Whole("--consumers", [], "Readers, each with its share of the partitions. Default 1.", "COUNT", 1, 1024);

    public static void AddTo(CommandTree tree, Command group)
    {
        BenchLatencyCommand latency = new();
        Command command = new("latency", "Measure end to end: from when a message is due until a consumer has it, open loop.") { latency.consumers };
        foreach (Option option in latency.options.OfTopic.Concat(latency.options.OfLoad).Concat(latency.options.OfMachine))
        {
            command.Options.Add(option);
        }

        tree.Add(
            group,
            command,
            new CommandText(
                "The default is 1000 messages a second for 10 s, sent at once (--linger 0). Sender and reader run in this process, so both latencies share one clock.",
                ("goqueue bench latency --rate 10000 --duration 30s", "end-to-end latency at 10,000 messages a second")),
            session => session.WithClientAsync(client => latency.RunAsync(session, client)));
    }

    private async Task<ExitCode> RunAsync(Session session, GoQueueClient client)
    {
        await using BenchTopic topic = await options.OpenTopicAsync(session, client);
        LoadPlan plan = options.Plan(session, topic, TimeSpan.FromSeconds(10), UsualRate);
        ProducerOptions producerOptions = options.ForProducer(session, usualLinger: TimeSpan.Zero);
        ResourceMeter meter = new((int?)session.Get(options.ServerProcess));
        Dictionary<int, long> ends = [];
        foreach (PartitionDescription partition in topic.Description.Partitions)
        {
            ends[partition.Index] = (await client.Admin.GetOffsetsAsync(topic.Name, partition.Index, null, session.Cancel)).HighWatermark;
        }

        await using ReaderGroup readers = new(session, (int)(session.Get(consumers) ?? 1), copies: 1, topic, StartPosition.Earliest, ends, stopAtEnd: false);
        await using LoadGenerator load = new(session, plan, producerOptions);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(session.Cancel);
        load.Schedule();
        foreach (BenchReader reader in readers.Readers)
        {
            reader.MeasureFrom = load.MeasureFrom;
        }

        Task reading = readers.RunAsync(enough.Token);
        await ProgressDisplay.RunAsync(
            session, "read", plan.Messages, quiet: false, () => readers.Messages, () => load.RunAsync(() => Begin(meter), session.Cancel));
        await Task.WhenAny(readers.ReachAsync(load.Acknowledged, session.Cancel), reading);
        meter.Stop();
        await enough.CancelAsync();
        await reading;
        return await ReportAsync(session, topic, plan, producerOptions, load, readers, meter);
    }

    private static Task Begin(ResourceMeter meter)
    {
        meter.Start();
        return Task.CompletedTask;
    }

    private async Task<ExitCode> ReportAsync(
        Session session, BenchTopic topic, LoadPlan plan, ProducerOptions producerOptions, LoadGenerator load, ReaderGroup readers, ResourceMeter meter)
    {
        FlushProbe? probe = await options.ProbeAsync(session);
        LatencyHistogram endToEnd = new();
        LatencyHistogram acknowledged = new();
        foreach (BenchReader reader in readers.Readers)
        {
            endToEnd.Add(reader.Latency);
        }

        foreach (AckRecorder recorder in load.Recorders)
        {
            acknowledged.Add(recorder.Latency);
        }

        BenchReport report = new();
        report.Add("result").Number("messages", endToEnd.Count, 0).Number("errors", load.Recorders.Sum(recorder => recorder.Tally.Failed), 0);
        report.Latency("endToEndMs", endToEnd).Latency("acknowledgedMs", acknowledged);
        bool complete = readers.AddVerification(report, load.Acknowledged);
        meter.AddTo(report, endToEnd.Count);
        BenchConditions.Add(report, session, topic, plan, producerOptions).Number("consumers", readers.Readers.Count, 0);
        session.Results.Write(report.Machine(MachineFacts.Read()).Probe(probe).ToResult());
        if (session.Interruption.Happened)
        {
            return ExitCode.Interrupted;
        }

        GoQueueException? error = load.Recorders.Select(recorder => recorder.Tally.FirstError).FirstOrDefault(first => first is not null);
        return error is null && complete ? ExitCode.Ok : throw (error is null
            ? new CommandFailure(ExitCode.PartlyDone, $"{readers.Messages} of {load.Acknowledged} messages were read, or not once and in order", "see `verification` above")
            : FailureTranslation.OfServer(error, session.Server));
    }
}
