using System.Diagnostics;
using GoQueue.ClusterTest.Loads;
using GoQueue.ClusterTest.Verification;
using GoQueue.Harness.Clusters;
using GoQueue.Harness.Verification;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>A cluster with a topic under load. Faults happen to it; in the end every message is accounted for.</summary>
internal sealed class Trial : IAsyncDisposable
{
    /// <summary>After a fault all replicas are in sync again within this.</summary>
    public static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(60);

    private readonly Stage stage;
    private readonly Load load;
    private long faultsFrom;

    private Trial(Stage stage, Cluster cluster, Load load)
    {
        this.stage = stage;
        this.load = load;
        Cluster = cluster;
    }

    public Cluster Cluster { get; }

    public string Topic => load.Plan.Topic;

    public Journal Journal => load.Journal;

    public static async Task<Trial> StartAsync(Stage stage, Cluster cluster, LoadPlan plan)
    {
        await cluster.CreateTopicAsync(plan.Topic, plan.Partitions, 3, plan.MinInSync, stage.Cancelled);
        Trial trial = new(stage, cluster, Load.Start(cluster, plan, stage.Cancelled));
        try
        {
            await trial.FlowsAsync(plan.Rate);
        }
        catch
        {
            await trial.DisposeAsync();
            throw;
        }

        trial.faultsFrom = Stopwatch.GetTimestamp();
        return trial;
    }

    /// <summary>Waits until the load flows: so many more messages are acknowledged.</summary>
    public Task<TimeSpan> FlowsAsync(int more = 500) => load.FlowsAsync(more, RecoveryPatience, stage.Cancelled);

    /// <summary>Waits until every replica is in sync again.</summary>
    public Task<TimeSpan> WholeAsync() => Cluster.WholeAsync(Topic, RecoveryPatience, stage.Cancelled);

    public Task<Node> LeaderAsync(int partition = 0) => Cluster.LeaderAsync(Topic, partition, stage.Cancelled);

    public Task<Node> ControllerAsync() => Cluster.ControllerAsync(stage.Cancelled);

    /// <summary>
    /// Ends the load, and judges: what was acknowledged is read back by the client and from every node, the nodes stop in good order, and the replicas
    /// on their disks are equal.
    /// </summary>
    public async Task FinishAsync()
    {
        await WholeAsync();
        await FlowsAsync();
        Stall stall = Journal.LongestStall(faultsFrom, Stopwatch.GetTimestamp());
        await load.StopAsync();
        stage.Note($"{Journal.Acknowledged:N0} acknowledged, {Load.Sum(Journal)}, longest stall {stall}");
        foreach (string weak in Journal.WeakAcks)
        {
            stage.Fail(weak);
        }

        // The client repeats for longer than any fault here lasts.
        stage.FailIf(Journal.Failures.Count > 0, $"operations failed: {string.Join("; ", Journal.FailureExamples)}");

        bool areRepeatsAllowed = load.Plan.Road == Road.Rest;
        List<Stored> stored = load.Plan.Road == Road.Rest
            ? await Readers.ByRestAsync(Cluster, Cluster.Serving(), Topic, load.Plan.Partitions, stage.Cancelled)
            : await Readers.ByClientAsync(Cluster, Topic, stage.Cancelled);
        Judge(load.Plan.Road == Road.Rest ? "anybody" : "the client", stored, areRepeatsAllowed);
        if (Verdict.Repeats(stored) is > 0 and int repeats)
        {
            stage.Note($"{repeats} stored twice");
        }

        foreach (Node node in Cluster.Nodes.Where(node => node.Serves))
        {
            Judge(node.Id, await Readers.ByRestAsync(Cluster, node, Topic, load.Plan.Partitions, stage.Cancelled), areRepeatsAllowed);
        }

        long[] highWatermarks = [.. Enumerable.Range(0, load.Plan.Partitions).Select(partition => stored.Where(one => one.Partition == partition).Select(one => one.Offset + 1).DefaultIfEmpty(0).Max())];
        TopicView topic = await Cluster.TopicAsync(Topic, stage.Cancelled);
        await Cluster.StopAsync();
        foreach (string difference in ReplicaComparison.Differences(Cluster, topic, highWatermarks))
        {
            stage.Fail($"on disk: {difference}");
        }
    }

    public ValueTask DisposeAsync() => load.DisposeAsync();

    private void Judge(string reader, List<Stored> stored, bool areRepeatsAllowed)
    {
        foreach (string difference in Verdict.Differences(Journal, stored, areRepeatsAllowed))
        {
            stage.Fail($"read by {reader}: {difference}");
        }
    }
}
