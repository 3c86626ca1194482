using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>
/// Two of three are gone: nothing may be acknowledged, and every write gets an explicit refusal. Before, with one gone, a topic that wants all three
/// refuses with NOT_ENOUGH_REPLICAS while the one that wants two goes on.
/// </summary>
internal static class KillTwo
{
    private const double RefusedSeconds = 12; // longer than a follower may lag: what comes after is refused before the append

    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        Cluster cluster = trial.Cluster;
        await Probe.TopicAsync(stage, cluster, "strict", minInSync: 3);
        await Probe.TopicAsync(stage, cluster, "probe", minInSync: 2);
        Node survivor = await cluster.LeaderAsync("probe", 0, stage.Cancelled);
        Node strictLeader = await cluster.LeaderAsync("strict", 0, stage.Cancelled);
        Node[] victims = [.. cluster.Nodes.Where(node => node != survivor).OrderBy(node => node == strictLeader)];

        await victims[0].KillAsync();
        await trial.FlowsAsync();
        await Wait.UntilAsync("the ISR of strict shrinks", Trial.RecoveryPatience, async () => (await cluster.TopicAsync("strict", stage.Cancelled)).Partitions[0].InSync.Count == 2, stage.Cancelled);
        SortedDictionary<string, int> strict = await Probe.CodesAsync(stage, cluster, survivor, "strict", 1);
        stage.FailIf(strict.Keys.Any(code => code != "NOT_ENOUGH_REPLICAS"), $"two in sync, three wanted: {Probe.Sum(strict)}");

        await victims[1].KillAsync();
        await stage.PauseAsync(0.2); // what was under way is answered
        long before = trial.Journal.Acknowledged;
        SortedDictionary<string, int> alone = await Probe.CodesAsync(stage, cluster, survivor, "probe", RefusedSeconds);
        stage.FailIf(alone.ContainsKey("OK"), $"alone and yet acknowledged: {Probe.Sum(alone)}");
        stage.FailIf(alone.ContainsKey("NO_ANSWER"), $"no explicit refusal: {Probe.Sum(alone)}");
        stage.FailIf(trial.Journal.Acknowledged != before, $"{trial.Journal.Acknowledged - before} messages were acknowledged with one node of three");

        await Task.WhenAll(victims.Select(node => node.StartAsync(stage.Cancelled)));
        TimeSpan whole = await trial.WholeAsync();
        await cluster.WholeAsync("strict", Trial.RecoveryPatience, stage.Cancelled);
        RestAnswer again = await Probe.PublishAsync(stage, cluster, survivor, "strict", 10);
        stage.FailIf(!again.IsOk, $"all three are back: {again}");
        await trial.FinishAsync();
        stage.Note($"with one node: {Probe.Sum(alone)}; in sync {whole.TotalSeconds:0.0} s after the restart");
    }
}
