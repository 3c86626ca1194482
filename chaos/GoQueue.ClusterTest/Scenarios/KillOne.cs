using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>SIGKILL of one node under load, restart on its data: the load goes on, and the node comes back in sync.</summary>
internal static class KillOne
{
    private const double DownSeconds = 2;

    public static async Task FollowerAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync(partitions: 1);
        Node leader = await trial.LeaderAsync();
        Node controller = await trial.ControllerAsync();
        await KillAsync(stage, trial, trial.Cluster.Nodes.First(node => node != leader && node != controller));
    }

    public static async Task LeaderAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        stage.Note($"formed in {trial.Cluster.FormedIn.TotalSeconds:0.0} s");
        Node controller = await trial.ControllerAsync();
        TopicView topic = await trial.Cluster.TopicAsync(trial.Topic, stage.Cancelled);
        string leader = topic.Partitions.Select(partition => partition.Leader!).FirstOrDefault(node => node != controller.Id) ?? controller.Id;
        await KillAsync(stage, trial, trial.Cluster[leader]);
    }

    public static async Task ControllerAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        await KillAsync(stage, trial, await trial.ControllerAsync());
    }

    private static async Task KillAsync(Stage stage, Trial trial, Node victim)
    {
        await victim.KillAsync();
        TimeSpan flowed = await trial.FlowsAsync();
        await stage.PauseAsync(DownSeconds);
        TimeSpan started = await victim.StartAsync(stage.Cancelled);
        TimeSpan whole = await trial.WholeAsync();
        await trial.FinishAsync();
        stage.Note($"flowed again after {flowed.TotalSeconds:0.0} s, {victim.Id} back after {started.TotalSeconds:0.0} s, in sync after {whole.TotalSeconds:0.0} s");
    }
}
