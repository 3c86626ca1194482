using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>SIGKILL of all nodes at the same moment under load, and all of them again.</summary>
internal static class KillAll
{
    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        foreach (Node node in trial.Cluster.Nodes)
        {
            node.KillNow();
        }

        await Task.WhenAll(trial.Cluster.Nodes.Select(node => node.GoneAsync()));
        foreach (Node node in trial.Cluster.Nodes)
        {
            node.Launch();
        }

        foreach (Node node in trial.Cluster.Nodes)
        {
            await node.ReadyAsync(stage.Cancelled);
        }

        await trial.FlowsAsync();
        await trial.FinishAsync();
    }
}
