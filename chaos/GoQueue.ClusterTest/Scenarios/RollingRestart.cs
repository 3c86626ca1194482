using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>SIGTERM, restart and back in sync, one node after the other, under load: no operation of the client may fail.</summary>
internal static class RollingRestart
{
    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        foreach (Node node in trial.Cluster.Nodes)
        {
            int code = await node.StopAsync();
            stage.FailIf(code != 0, $"{node.Id} stopped with exit code {code}");
            await trial.FlowsAsync(200);
            await node.StartAsync(stage.Cancelled);
            await trial.WholeAsync();
        }

        await trial.FinishAsync();
    }
}
