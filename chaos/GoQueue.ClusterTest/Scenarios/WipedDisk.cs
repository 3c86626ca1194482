using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>
/// A node loses its disk and comes back under its old id, empty: another incarnation. It may not count as the old one, nothing that was acknowledged is
/// lost, and in the end it holds everything again.
/// </summary>
internal static class WipedDisk
{
    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        Node victim = await trial.LeaderAsync();
        await victim.KillAsync();
        Directory.Delete(victim.Data, recursive: true);
        TimeSpan started = await victim.StartAsync(stage.Cancelled);
        TimeSpan whole = await trial.WholeAsync();

        TimeSpan votes = await trial.Cluster.VotesAsync(3, stage.Cancelled);

        // The new incarnation counts: with it, the cluster does without another node.
        Node other = trial.Cluster.Nodes.First(node => node != victim);
        await other.KillAsync();
        TimeSpan flowed = await trial.FlowsAsync();
        await other.StartAsync(stage.Cancelled);
        await trial.FinishAsync();
        stage.Note($"{victim.Id} ready after {started.TotalSeconds:0.0} s, in sync after {whole.TotalSeconds:0.0} s, votes {votes.TotalSeconds:0.0} s later; then {other.Id} was killed and it flowed after {flowed.TotalSeconds:0.0} s");
    }
}
