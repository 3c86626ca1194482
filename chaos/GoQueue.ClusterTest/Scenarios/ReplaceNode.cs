using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>Under load a fourth node joins, one of the first three is drained onto it, stopped and removed for good.</summary>
internal static class ReplaceNode
{
    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        Cluster cluster = trial.Cluster;
        Node leaving = await trial.LeaderAsync();
        Node joining = await cluster.AddAsync("n4", stage.Cancelled);
        await trial.FlowsAsync();
        await AdministerAsync(stage, cluster, joining, HttpMethod.Post, $"/v1/admin/brokers/{leaving.Id}/drain");
        TimeSpan drained = await Wait.UntilAsync($"{leaving.Id} has no replicas", Trial.RecoveryPatience, async () =>
        {
            TopicView topic = await cluster.TopicAsync(trial.Topic, stage.Cancelled);
            return topic.IsWhole && topic.Partitions.All(partition => partition.Replicas.Count == 3 && !partition.Replicas.Contains(leaving.Id));
        }, stage.Cancelled);
        int code = await leaving.StopAsync();
        stage.FailIf(code != 0, $"{leaving.Id} stopped with exit code {code}");
        await AdministerAsync(stage, cluster, joining, HttpMethod.Delete, $"/v1/admin/brokers/{leaving.Id}");
        await trial.FlowsAsync();
        await cluster.VotesAsync(3, stage.Cancelled);

        // The new node counts for what is decided and for what is stored: the cluster does without one of the old ones.
        Node other = cluster.Nodes.First(node => node != leaving && node != joining);
        await other.KillAsync();
        TimeSpan flowed = await trial.FlowsAsync();
        await other.StartAsync(stage.Cancelled);
        await trial.FinishAsync();
        stage.Note($"{leaving.Id} drained in {drained.TotalSeconds:0.0} s; without {other.Id} it flowed after {flowed.TotalSeconds:0.0} s");
    }

    /// <summary>Asks until it is done: right after a stop the controller may not have noticed yet.</summary>
    private static async Task AdministerAsync(Stage stage, Cluster cluster, Node node, HttpMethod method, string path)
    {
        RestAnswer answer = new(0, default);
        try
        {
            await Wait.UntilAsync(path, Trial.RecoveryPatience, async () =>
            {
                answer = await cluster.Rest.SendAsync(node, method, path, method == HttpMethod.Post ? new { } : null, TimeSpan.FromSeconds(20), stage.Cancelled);
                return answer.IsOk;
            }, stage.Cancelled);
        }
        catch (HarnessException)
        {
            throw new HarnessException($"{method} {path}: {answer}");
        }
    }
}
