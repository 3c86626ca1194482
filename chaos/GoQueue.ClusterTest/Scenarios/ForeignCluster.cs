using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>In the place of a node there is one that belongs to another cluster: it is refused by name, and nobody is harmed.</summary>
internal static class ForeignCluster
{
    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        Cluster cluster = trial.Cluster;
        Node place = cluster.Nodes[2];
        await place.StopAsync();

        // Same id, same ports, same list of peers; a disk and a cluster id of its own.
        await using Node stranger = new(place.Id, place.Ports, stage.Options.Bin, Path.Combine(stage.Folder, "stranger"), Path.Combine(stage.Folder, "stranger.log"));
        stranger.Arguments = ["--peers", cluster.Peers(cluster.Nodes), "--cluster-id", "another-cluster"];
        stranger.Launch();
        bool isReady = await stranger.BecomesReadyAsync(TimeSpan.FromSeconds(6), stage.Cancelled);
        stage.FailIf(isReady, "the node of another cluster became ready");
        stage.FailIf(!stranger.Logged("cluster"), "the stranger's log does not say that it is another cluster");
        TopicView topic = await cluster.TopicAsync(trial.Topic, stage.Cancelled);
        stage.FailIf(topic.Partitions.Any(partition => partition.InSync.Contains(place.Id)), $"the stranger counts as in sync: {topic}");
        stage.Note(stranger.IsRunning ? "it waits and is not let in" : "it ended");
        await stranger.DisposeAsync();

        await place.StartAsync(stage.Cancelled);
        await trial.WholeAsync();
        await trial.FinishAsync();
    }
}
