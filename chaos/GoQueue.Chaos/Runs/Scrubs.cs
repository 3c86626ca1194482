using System.Diagnostics;
using GoQueue.Chaos.Nemesis;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Runs;

/// <summary>
/// Damage of bytes that nobody reads is promised to be found by the scrub, within its interval. Clusters of a run scrub every few seconds, and where files were damaged the
/// end waits for whole rounds, so that no damage is left that would have to be excused.
/// </summary>
internal static class Scrubs
{
    /// <summary>What the servers of a run are started with.</summary>
    public static readonly IReadOnlyList<string> Arguments = ["--set", "maintenance.interval=5s", "--set", "maintenance.scrub-interval=1s"];

    private const string Rounds = "goqueue_storage_scrub_rounds_total";

    /// <summary>The first to end may have begun before, the second finds what is damaged, the third gives the replica time to say so.</summary>
    private const int RoundsToWait = 3;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Every node has verified all that it stores since this was called.</summary>
    /// <exception cref="HarnessException">It did not within the bound.</exception>
    public static async Task WaitAsync(TestBed bed, CancellationToken cancellationToken) =>
        await Task.WhenAll(bed.Grounds.Select(ground => WaitAsync(bed.Cluster, ground.Node, cancellationToken)));

    private static async Task WaitAsync(Cluster cluster, Node node, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        double? first = null;
        while (true)
        {
            double? now = await cluster.Rest.MetricAsync(node, Rounds, cancellationToken);
            first = now < first ? now : first ?? now; // fewer: another process counts now
            if (now >= first + RoundsToWait)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > Bound)
            {
                throw new HarnessException($"the scrub of {node.Id} did not come round {RoundsToWait} times in {Bound.TotalSeconds:0} s");
            }

            await Task.Delay(Look, cancellationToken);
        }
    }
}
