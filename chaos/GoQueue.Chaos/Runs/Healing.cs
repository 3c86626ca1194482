using System.Diagnostics;
using GoQueue.Chaos.Nemesis;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Runs;

/// <summary>After the last fault: every node runs and serves, every replica is in sync, and the quorum has its voters, within a bound.</summary>
internal static class Healing
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>What is still wrong after the bound; null when all is well.</summary>
    public static async Task<string?> WaitAsync(TestBed bed, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            foreach (Ground ground in bed.Grounds.Where(ground => bed.WasDamaged(ground.Node.Id) && Damage.SaysThatItStopped(ground.Node)))
            {
                await Damage.RepairAsync(bed, ground.Node, cancellationToken);
            }

            foreach (Ground ground in bed.Grounds.Where(ground => !ground.Node.IsRunning))
            {
                ground.Node.Launch();
            }

            string? wrong = await WrongAsync(bed, cancellationToken);
            if (wrong is null || Stopwatch.GetElapsedTime(began) > Bound)
            {
                return wrong;
            }

            await Task.Delay(Look, cancellationToken);
        }
    }

    private static async Task<string?> WrongAsync(TestBed bed, CancellationToken cancellationToken)
    {
        foreach (Node node in bed.Grounds.Select(ground => ground.Node))
        {
            if (!node.Serves)
            {
                return $"{node.Id} {(node.IsRunning ? "is not ready" : "does not run")}";
            }

            TopicView? topic = await bed.Cluster.TryTopicAsync(node, bed.Topic, cancellationToken);
            if (topic?.IsWhole != true)
            {
                return topic is null ? $"{node.Id} does not describe the topic" : topic.ToString();
            }

            RestAnswer quorum = await bed.Cluster.Rest.SendAsync(node, HttpMethod.Get, "/v1/admin/quorum", null, Patience, cancellationToken);
            if (!quorum.IsOk || quorum.Text("leader") is not { Length: > 0 })
            {
                return $"{node.Id} knows no leader of the quorum: {quorum}";
            }

            int voters = quorum.Body.GetProperty("members").EnumerateArray().Count(member => member.GetProperty("role").GetString() == "voter");
            if (voters < Math.Min(bed.Grounds.Count, 5))
            {
                return $"{voters} of {bed.Grounds.Count} nodes vote";
            }
        }

        return null;
    }
}
