using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>
/// The disk of one node has no room left, under load. On a follower: it falls out of the ISR and the others go on. On a leader: what cannot be
/// stored is refused or somebody else leads; nothing that was acknowledged is lost. When there is room again, all is as before.
/// </summary>
internal static class FullDisk
{
    private const int Mebibytes = 192;
    private const double FullSeconds = 5;

    public static Task FollowerAsync(Stage stage) => FillAsync(stage, isLeader: false);

    public static Task LeaderAsync(Stage stage) => FillAsync(stage, isLeader: true);

    private static async Task FillAsync(Stage stage, bool isLeader)
    {
        Dictionary<string, SmallDisk> disks = [];
        try
        {
            foreach (string id in new[] { "n1", "n2", "n3" })
            {
                if (await SmallDisk.TryMountAsync(Path.Combine(stage.Folder, $"disk-{id}"), Mebibytes) is not { } disk)
                {
                    stage.LeaveOut("nothing can be mounted here; needs root");
                    return;
                }

                disks.Add(id, disk);
            }

            Cluster cluster = await stage.ClusterAsync(dataOf: id => Path.Combine(disks[id].Folder, "data"));
            await FillAsync(stage, cluster, disks, isLeader);
        }
        finally
        {
            await stage.DisposeAsync(); // the nodes first, then what they stand on
            foreach (SmallDisk disk in disks.Values)
            {
                await disk.DisposeAsync();
            }
        }
    }

    private static async Task FillAsync(Stage stage, Cluster cluster, Dictionary<string, SmallDisk> disks, bool isLeader)
    {
        // Small segments, so that files grow in small steps and a full disk is felt at once; large messages for the same reason.
        await using Trial trial = await stage.TrialAsync(partitions: 1, cluster: cluster, plan: plan => plan with { Rate = 300, Bytes = 8 << 10 });
        Node leader = await trial.LeaderAsync();
        Node controller = await trial.ControllerAsync();
        Node victim = isLeader ? leader : cluster.Nodes.First(node => node != leader && node != controller);
        disks[victim.Id].Fill();
        if (!isLeader)
        {
            TimeSpan left = await Wait.UntilAsync($"{victim.Id} falls out of the ISR", Trial.RecoveryPatience, async () =>
            {
                TopicView topic = await cluster.TopicAsync(trial.Topic, stage.Cancelled);
                return !topic.Partitions[0].InSync.Contains(victim.Id);
            }, stage.Cancelled);
            stage.Note($"{victim.Id} out of the ISR after {left.TotalSeconds:0.0} s");
            await trial.FlowsAsync(100);
        }

        await stage.PauseAsync(FullSeconds);
        long whileFull = trial.Journal.Acknowledged;
        disks[victim.Id].Free();
        if (!victim.IsRunning)
        {
            stage.Note($"{victim.Id} had ended");
            await victim.StartAsync(stage.Cancelled);
        }

        TimeSpan whole = await trial.WholeAsync();
        await trial.FlowsAsync(100);
        stage.Note($"{whileFull:N0} acknowledged before there was room again; in sync {whole.TotalSeconds:0.0} s after");
        await trial.FinishAsync();
    }
}
