using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>A second node under the id of one that runs: it is refused, and the first one goes on undisturbed.</summary>
internal static class SameId
{
    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        Cluster cluster = trial.Cluster;
        Node first = await trial.LeaderAsync();
        await using Node second = cluster.NewNode(first.Id, logName: "second");
        second.Arguments = ["--peers", cluster.Peers([.. cluster.Nodes.Where(node => node != first), second]), "--cluster-id", cluster.Id];
        second.Launch();
        bool isReady = await second.BecomesReadyAsync(TimeSpan.FromSeconds(6), stage.Cancelled);
        stage.FailIf(isReady, "the second node of this id became ready");
        stage.FailIf(!first.IsRunning, "the first node of this id ended");
        await trial.FlowsAsync();
        TopicView topic = await cluster.TopicAsync(trial.Topic, stage.Cancelled);
        stage.FailIf(!topic.IsWhole, $"the second node disturbed the first: {topic}");
        stage.Note(second.IsRunning ? "the second waits and is not let in" : "the second ended");
        await second.DisposeAsync();
        await trial.FinishAsync();
    }
}
