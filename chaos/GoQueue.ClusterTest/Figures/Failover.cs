using System.Diagnostics;
using GoQueue.ClusterTest.Loads;
using GoQueue.ClusterTest.Scenarios;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Figures;

/// <summary>How long a partition takes no acks=all writes after its leader is gone, as the client sees it.</summary>
internal static class Failover
{
    private const double AfterwardsSeconds = 1;

    /// <summary>Answers the exit code.</summary>
    public static async Task<int> RunAsync(TestOptions options, string folder, CancellationToken cancellationToken)
    {
        FailoverFigures killed = await MeasureAsync(options, Path.Combine(folder, "killed"), options.Runs, isKilled: true, cancellationToken);
        Console.WriteLine($"SIGKILL of the leader, {options.Runs} runs: {killed}");
        FailoverFigures stopped = await MeasureAsync(options, Path.Combine(folder, "stopped"), Math.Max(3, options.Runs / 4), isKilled: false, cancellationToken);
        Console.WriteLine($"SIGTERM of the leader, {Math.Max(3, options.Runs / 4)} runs: {stopped}");
        return killed.FailedOperations + stopped.FailedOperations == 0 ? 0 : 1;
    }

    /// <summary>The leader of a partition goes and comes back, again and again, under a steady load; each time the longest gap between two acknowledgements counts.</summary>
    public static async Task<FailoverFigures> MeasureAsync(TestOptions options, string folder, int runs, bool isKilled, CancellationToken cancellationToken)
    {
        await using Stage stage = new(options, folder, cancellationToken);
        // One message every 2 ms and no waiting for a batch to fill: the gap is the partition's, not the load's.
        await using Trial trial = await stage.TrialAsync(partitions: 1, plan: plan => plan with { Rate = 500, Producers = 1 });
        List<FailoverRun> measured = [];
        for (int run = 0; run < runs; run++)
        {
            Node leader = await trial.LeaderAsync();
            bool isController = await trial.ControllerAsync() == leader;
            long from = Stopwatch.GetTimestamp();
            await (isKilled ? leader.KillAsync() : leader.StopAsync());
            await trial.FlowsAsync(100);
            await stage.PauseAsync(AfterwardsSeconds);
            Stall stall = trial.Journal.LongestStall(from, Stopwatch.GetTimestamp());
            measured.Add(new FailoverRun(stall.Length, isController));
            if (options.Command == "failover")
            {
                Console.WriteLine($"  {(isKilled ? "SIGKILL" : "SIGTERM")} {leader.Id}{(isController ? " (controller)" : "")}: {stall}");
            }

            await leader.StartAsync(cancellationToken);
            await trial.WholeAsync();
        }

        await trial.FinishAsync();
        return stage.Failures.Count == 0
            ? new FailoverFigures(measured, trial.Journal.Failures.Values.Sum())
            : throw new HarnessException("failover: " + string.Join("; ", stage.Failures));
    }
}

/// <summary>One time a leader went.</summary>
internal sealed record FailoverRun(TimeSpan Unavailable, bool WasController);

/// <summary>All of them.</summary>
internal sealed record FailoverFigures(IReadOnlyList<FailoverRun> Runs, int FailedOperations)
{
    public double Median => Sorted[Runs.Count / 2];

    public double Max => Sorted[^1];

    private double[] Sorted => [.. Runs.Select(run => run.Unavailable.TotalMilliseconds).Order()];

    public override string ToString() => $"median {Median:0} ms, max {Max:0} ms, {Runs.Count(run => run.WasController)} of {Runs.Count} were the controller, {FailedOperations} operations failed";
}
