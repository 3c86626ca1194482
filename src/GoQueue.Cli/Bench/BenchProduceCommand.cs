using System.CommandLine;
using System.Diagnostics;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Client;
using GoQueue.Core;

namespace GoQueue.Cli.Bench;

/// <summary><c>goqueue bench produce</c>: how fast the broker acknowledges.</summary>
internal sealed class BenchProduceCommand
{
    private readonly BenchOptions options = new();

    public static void AddTo(CommandTree tree, Command group)
    {
        BenchProduceCommand produce = new();
        Command command = new("produce", "Measure publishing: throughput, latency until acknowledged, processor time and allocation per message.");
        foreach (Option option in produce.options.OfTopic.Concat(produce.options.OfLoad).Concat(produce.options.OfMachine))
        {
            command.Options.Add(option);
        }

        tree.Add(
            group,
            command,
            new CommandText(
                "Without --rate messages are sent as fast as the client's buffer takes them (saturated); latency then is mostly time in that buffer. "
                + "With --rate the load is open loop: message n is due at its instant whatever happens, and its latency counts from that instant.",
                ("goqueue bench produce --duration 30s --producers 2", "the most it can do"),
                ("goqueue bench produce --rate 100000 --duration 30s --linger 1ms --probe ./goqueue-data -o json", "latency at 100,000 messages a second, with the disk's own speed")),
            session => session.WithClientAsync(client => produce.RunAsync(session, client)));
    }

    private async Task<ExitCode> RunAsync(Session session, GoQueueClient client)
    {
        await using BenchTopic topic = await options.OpenTopicAsync(session, client);
        LoadPlan plan = options.Plan(session, topic, TimeSpan.FromSeconds(10));
        ProducerOptions producerOptions = options.ForProducer(session, usualLinger: TimeSpan.FromMilliseconds(5));
        ResourceMeter meter = new((int?)session.Get(options.ServerProcess));
        await using LoadGenerator load = new(session, plan, producerOptions);
        await ProgressDisplay.RunAsync(
            session, "acknowledged", plan.Messages, quiet: false, () => load.Acknowledged, () => load.RunAsync(() => Begin(meter), session.Cancel));
        meter.Stop();

        FlushProbe? probe = await options.ProbeAsync(session);
        BenchReport report = Report(session, topic, plan, producerOptions, load, meter, probe);
        session.Results.Write(report.ToResult());
        return End(session, load);
    }

    private static Task Begin(ResourceMeter meter)
    {
        meter.Start();
        return Task.CompletedTask;
    }

    private BenchReport Report(
        Session session, BenchTopic topic, LoadPlan plan, ProducerOptions producerOptions, LoadGenerator load, ResourceMeter meter, FlushProbe? probe)
    {
        LatencyHistogram latency = new();
        foreach (AckRecorder recorder in load.Recorders)
        {
            latency.Add(recorder.Latency);
        }

        double seconds = Math.Max(0, load.Recorders.Max(recorder => recorder.LastTicks) - load.MeasureFrom) / (double)Stopwatch.Frequency;
        double rate = latency.Count / Math.Max(1e-9, seconds);
        BenchReport report = new();
        report.Add("result")
            .Number("messages", latency.Count, 0)
            .Number("seconds", seconds, 3)
            .Number("messagesPerSecond", rate, 0)
            .Number("megabytesPerSecond", rate * plan.Size / 1e6, 1)
            .Number("messagesPerBatch", latency.Count / (double)Math.Max(1, load.Recorders.Sum(recorder => recorder.Batches)), 1)
            .Number("errors", load.Recorders.Sum(recorder => recorder.Tally.Failed), 0);
        report.Latency("latencyMs", latency);
        meter.AddTo(report, latency.Count);
        (int replicas, bool flushed) = load.Recorders[0].Durability;
        BenchConditions.Add(report, session, topic, plan, producerOptions).Number("replicas", replicas, 0).Flag("flushedBeforeAck", flushed);
        return report.Machine(MachineFacts.Read()).Probe(probe);
    }

    private static ExitCode End(Session session, LoadGenerator load)
    {
        if (session.Interruption.Happened)
        {
            session.Notices.Say("interrupted; the figures cover what was sent before");
            return ExitCode.Interrupted;
        }

        GoQueueException? error = load.Recorders.Select(recorder => recorder.Tally.FirstError).FirstOrDefault(first => first is not null);
        if (error is null)
        {
            return ExitCode.Ok;
        }

        CommandFailure failure = FailureTranslation.OfServer(error, session.Server);
        throw new CommandFailure(load.Acknowledged > 0 ? ExitCode.PartlyDone : failure.Code, failure.Message, failure.Next, error);
    }
}
