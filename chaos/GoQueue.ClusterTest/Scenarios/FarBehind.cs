using System.Diagnostics;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>A follower is down while much is written, and catches up while the leader serves.</summary>
internal static class FarBehind
{
    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync(partitions: 1, plan: plan => plan with { Rate = 500 });
        CatchUp caughtUp = await MeasureAsync(stage, trial.Cluster, stage.Options.BehindMebibytes);
        await trial.FinishAsync();
        stage.Note(caughtUp.ToString());
    }

    /// <summary>Kills a node, writes <paramref name="mebibytes"/>, starts it, and waits until it is in sync.</summary>
    public static async Task<CatchUp> MeasureAsync(Stage stage, Cluster cluster, int mebibytes)
    {
        const string topic = "bulk";
        await cluster.CreateTopicAsync(topic, 1, 3, 2, stage.Cancelled);
        Node leader = await cluster.LeaderAsync(topic, 0, stage.Cancelled);
        Node controller = await cluster.ControllerAsync(stage.Cancelled);
        Node follower = cluster.Nodes.First(node => node != leader && node != controller);
        await follower.KillAsync();
        await Goqueue.RunAsync(stage.Options.Bin, cluster, stage.Cancelled, "bench", "produce", "--topic", topic, "--messages", $"{mebibytes * 1024L}", "--warm-up", "0s");
        long began = Stopwatch.GetTimestamp();
        TimeSpan started = await follower.StartAsync(stage.Cancelled);
        await cluster.WholeAsync(topic, TimeSpan.FromSeconds(30 + (mebibytes / 10)), stage.Cancelled);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        TopicView view = await cluster.TopicAsync(topic, stage.Cancelled);
        return new CatchUp(mebibytes, took, started, new DirectoryInfo(Path.Combine(follower.Data, "partitions", $"{view.Id}-0")).EnumerateFiles("*.log").Sum(file => file.Length));
    }
}

/// <summary>How a follower came back.</summary>
/// <param name="Took">From the start of its process until it was in sync.</param>
/// <param name="Started">Of that, until it was ready.</param>
internal sealed record CatchUp(int Mebibytes, TimeSpan Took, TimeSpan Started, long Bytes)
{
    public double MegabytesPerSecond => Mebibytes * 1.048576 / Math.Max(0.001, (Took - Started).TotalSeconds);

    public override string ToString() => $"{Mebibytes} MiB behind: in sync {Took.TotalSeconds:0.0} s after the start ({Started.TotalSeconds:0.0} s until ready), {MegabytesPerSecond:0} MB/s";
}
