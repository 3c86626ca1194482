using System.Diagnostics;
using System.Reflection;
using GoQueue.Chaos.Nemesis;
using GoQueue.Chaos.Schedules;
using GoQueue.Chaos.Workloads;
using GoQueue.Client;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Bodies;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Runs;

/// <summary>What came of a trial besides its history.</summary>
/// <param name="Events">In the history.</param>
/// <param name="Crashes">Nodes that ended by themselves.</param>
/// <param name="IsWhole">It came to its end; else it was interrupted, or something of the harness failed.</param>
internal sealed record TrialOutcome(Trial Trial, string Folder, string HistoryFile, long Events, IReadOnlyList<string> Crashes, IReadOnlyList<string> Notes, bool IsWhole, string? Failure);

/// <summary>One cluster from start to the end of its history: clients, faults, healing, final reads, files.</summary>
internal sealed class TrialRunner(Func<Trial, string, ITestBedMaker> makerOf, WorkloadPlan plan, int nodes, Action<string> say)
{
    /// <summary>Name of the history in the folder of a trial.</summary>
    public const string HistoryFile = "history.jsonl";

    private const int ClientProcesses = 2;
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterRecovery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    /// <param name="trial">What is to happen.</param>
    /// <param name="folder">For the history, the logs of the nodes, and while it runs their data.</param>
    /// <param name="cancellationToken">Interrupts: everything is taken away, the history stays as far as it came.</param>
    public async Task<TrialOutcome> RunAsync(Trial trial, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        int count = Math.Max(nodes, trial.Nodes);
        string historyFile = Path.Combine(folder, HistoryFile);
        int processes = trial.Kinds.Any(kind => kind.Grip == Grip.Clients) ? ClientProcesses : 0;
        WorkloadPlan work = plan with { Seed = trial.Seed, ClientProcesses = processes };
        using HistoryWriter history = HistoryWriter.Create(historyFile, Describe(trial, work, count));
        ITestBedMaker maker = makerOf(trial, folder);
        TestBed? bed = null;
        NemesisRunner? nemesis = null;
        string? failure = null;
        bool isWhole = false;
        try
        {
            string damaged = "n" + (1 + (trial.Seed % count)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            bed = await maker.MakeAsync(count, damaged, work.Topic, cancellationToken);
            bed.SparesDamagedNode = trial.Mixing == Mixing.Together && trial.Kinds.Any(kind => kind.Grip == Grip.DamagedNode);
            await bed.Cluster.CreateTopicAsync(work.Topic, work.Partitions, work.Replicas, work.MinInSync, cancellationToken);
            await TopicsAsync(bed, bed.Cluster.Serving(), work, history, cancellationToken); // from here on it may not go
            nemesis = new NemesisRunner(bed, history, say);
            await RunAsync(trial, bed, nemesis, work, history, cancellationToken);
            history.Complete();
            isWhole = true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            failure = "interrupted";
        }
        catch (Exception problem)
        {
            // Whatever it is: the cluster must be taken away, the history judged, and the next trial run.
            failure = problem is HarnessException ? problem.Message : problem.ToString();
            say($"  {failure}");
        }
        finally
        {
            await maker.DisposeAsync();
        }

        return new TrialOutcome(trial, folder, historyFile, history.Count, nemesis?.Crashes ?? [], bed?.Notes ?? [], isWhole, failure);
    }

    private async Task RunAsync(Trial trial, TestBed bed, NemesisRunner nemesis, WorkloadPlan work, HistoryWriter history, CancellationToken cancellationToken)
    {
        history.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.Workload });
        string? wrong;
        await using (AllWorkloads clients = AllWorkloads.Start(bed.Cluster, work, history))
        {
            bed.Clients = clients.Hosts;
            await nemesis.RunAsync(Schedule.Of(trial), trial.Length, cancellationToken);
            history.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.Healed });
            long healed = Stopwatch.GetTimestamp();
            wrong = await Healing.WaitAsync(bed, cancellationToken);
            history.Record(HistoryProcess.Harness, wrong is null ? EventType.Ok : EventType.Fail, Operation.Phase, new PhaseValue { Phase = RunPhase.Recovered }, wrong);
            say(wrong is null ? $"  recovered {Stopwatch.GetElapsedTime(healed).TotalSeconds:0.0} s after the last fault" : $"  NOT RECOVERED: {wrong}");
            if (wrong is null && bed.Grounds.Any(ground => bed.WasDamaged(ground.Node.Id)))
            {
                await Scrubs.WaitAsync(bed, cancellationToken);
                wrong = await Healing.WaitAsync(bed, cancellationToken); // what the scrub found is replaced
                if (wrong is not null)
                {
                    history.Record(HistoryProcess.Harness, EventType.Fail, Operation.Phase, new PhaseValue { Phase = RunPhase.Recovered }, wrong);
                    say($"  NOT RECOVERED after the scrub: {wrong}");
                }
            }

            await ProbeAsync(bed, work, history, cancellationToken);
            await Task.Delay(AfterRecovery, cancellationToken);
            await clients.StopAsync();
        }

        await Task.Delay(Settle, cancellationToken); // followers hear of the last high watermark with their next fetch
        history.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.FinalReads });
        FinalReads reads = new(bed, work, history);
        string? unread = await reads.ReadAsync(cancellationToken);
        await DumpAsync(bed, work, history, cancellationToken);
        string topicId = (await bed.Cluster.TopicAsync(work.Topic, cancellationToken)).Id;
        await StopAsync(bed);
        reads.Record(bed.Cluster.Nodes.Where(node => !node.IsRemote).ToDictionary(node => node.Id, node => node.Data), topicId);
        if (unread is not null)
        {
            throw new HarnessException($"not everything could be read at the end: {unread}");
        }

        history.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.Done });
    }

    /// <summary>Every partition takes a message and gives it back.</summary>
    private static async Task ProbeAsync(TestBed bed, WorkloadPlan work, HistoryWriter history, CancellationToken cancellationToken)
    {
        await using GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions { Address = string.Join(',', bed.Cluster.Endpoints), ClientId = "chaos-probe" });
        await using GoQueueProducer producer = client.CreateProducer(new ProducerOptions { DeliveryTimeout = ProbePatience, MaxBlock = ProbePatience });
        ClientProcess process = new(history);
        for (int partition = 0; partition < work.Partitions; partition++)
        {
            MessageId message = process.NextMessage();
            SendValue value = new() { Topic = work.Topic, Partition = partition, Records = [new HistoryRecord(null, message)], IsIdempotent = true, Producer = "probe" };
            process.Invoke(Operation.Send, value);
            ProbeValue probe = new() { Topic = work.Topic, Partition = partition };
            try
            {
                DeliveryReport report = await producer.SendAsync(work.Topic, new ProducerMessage(null, MessageBody.Create(message, work.Bytes)) { Partition = partition }, cancellationToken);
                process.Ok(Operation.Send, value with { Records = [new HistoryRecord(report.Offset < 0 ? null : report.Offset, message)] });
                history.Observe(Operation.Probe, probe);
            }
            catch (GoQueueException refusal)
            {
                process.Failed(Road.Producer, Operation.Send, value, refusal);
                history.Record(HistoryProcess.Harness, EventType.Info, Operation.Probe, probe, refusal.Code.ToString());
            }
        }
    }

    /// <summary>What every node knows at the end: topics, leaders, metadata, and what the cluster itself says it may have lost.</summary>
    private static async Task DumpAsync(TestBed bed, WorkloadPlan work, HistoryWriter history, CancellationToken cancellationToken)
    {
        Observers observers = new(bed.Cluster, work, history);
        foreach (Node node in bed.Cluster.Nodes.Where(node => node.Serves))
        {
            await observers.LookAsync(node);
            await TopicsAsync(bed, node, work, history, cancellationToken);
        }

        RestAnswer events = await bed.Cluster.Rest.GetAsync(bed.Cluster.Serving(), "/v1/admin/events", cancellationToken);
        if (events.IsOk && events.Body.TryGetProperty("events", out System.Text.Json.JsonElement all))
        {
            foreach (System.Text.Json.JsonElement one in all.EnumerateArray())
            {
                bed.Note($"event of the cluster: {one}");
            }
        }
    }

    /// <summary>Which topics of this run a node knows, while nobody changes them. Those of others, on a cluster that is not ours, may come and go.</summary>
    private static async Task TopicsAsync(TestBed bed, Node node, WorkloadPlan work, HistoryWriter history, CancellationToken cancellationToken)
    {
        RestAnswer topics = await bed.Cluster.Rest.GetAsync(node, "/v1/topics", cancellationToken);
        if (topics.IsOk)
        {
            IEnumerable<TopicEntry> own = topics.Body.GetProperty("topics").EnumerateArray()
                .Select(static topic => new TopicEntry(topic.GetProperty("name").GetString()!, topic.GetProperty("id").GetString()!))
                .Where(topic => topic.Name.StartsWith(work.Topic, StringComparison.Ordinal));
            history.Observe(Operation.Topics, new TopicsValue { Topics = [.. own], IsCurrent = true }, node.Id);
        }
    }

    private static async Task StopAsync(TestBed bed)
    {
        foreach (Node node in bed.Cluster.Nodes.Where(node => node.IsRunning && !node.IsRemote))
        {
            int code = await node.StopAsync();
            if (code != 0)
            {
                bed.Note($"{node.Id} stopped with exit code {code}");
            }
        }
    }

    private static RunDescription Describe(Trial trial, WorkloadPlan work, int count) => new()
    {
        Id = trial.Name,
        Seed = trial.Seed,
        ProductVersion = typeof(GoQueueClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        Commit = Environment.GetEnvironmentVariable("GOQUEUE_COMMIT"),
        Started = DateTimeOffset.UtcNow,
        Configuration = new RunConfiguration
        {
            Nodes = count,
            Topics =
            [
                new History.Format.TopicConfiguration { Name = work.Topic, Partitions = work.Partitions, ReplicationFactor = work.Replicas, MinInSyncReplicas = work.MinInSync },
            ],
            AreFaultsDrawn = trial.Mixing == Mixing.Drawn,
            RecoveryBoundMillis = (long)Healing.Bound.TotalMilliseconds,
            Other = new Dictionary<string, string>
            {
                ["faults"] = string.Join(", ", trial.Kinds.Select(kind => kind.Name)),
                ["workloads"] = string.Join(", ", work.Chosen),
                ["rate"] = $"{work.Rate} messages a second of {work.Bytes} bytes",
                ["flush"] = "flush before acknowledgement (default)",
            },
        },
    };
}
