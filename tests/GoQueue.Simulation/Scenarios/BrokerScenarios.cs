using GoQueue.Simulation.Faults;
using GoQueue.Simulation.Running;
using GoQueue.Simulation.World;
using Microsoft.Extensions.Logging;

namespace GoQueue.Simulation.Scenarios;

/// <summary>The scenarios of whole brokers.</summary>
internal static class BrokerScenarios
{
    public static readonly Scenario Lone = new("lone", "one broker, its disk and its process fail", (seed, options, built) => Run("lone", 1, seed, options, built));

    public static readonly Scenario Cluster = new(
        "cluster",
        "three whole brokers, replicated topics",
        (seed, options, built) => Run("cluster", 3, seed, options, built));

    public static readonly Scenario Large = new(
        "large",
        "four to seven whole brokers, replicated topics",
        (seed, options, built) => Run("large", 4 + (int)(seed % 4), seed, options, built));

    public static readonly Scenario Disks = new(
        "disks",
        "three whole brokers, of which one after the other loses its disk",
        (seed, options, built) => Run("disks", 3, seed, options, built, mix => mix with { WipedDisk = true, Majority = false, PowerLoss = false, SlowDisk = false, MaxMillisBetween = 200 }));

    private static RunReport Run(string name, int nodes, ulong seed, RunOptions options, Action<SimulationLoop> built, Func<FaultMix, FaultMix>? change = null)
    {
        SimulationLoop loop = new(seed);
        built(loop);
        loop.LogLevel = options.IsWatched ? LogLevel.Debug : LogLevel.Warning;
        ClusterRun run = new(loop, nodes, options, change ?? (mix => mix));
        string summary = run.Run(options);
        return new RunReport(name, seed, loop.Trace.Digest, loop.Steps, new TimeSpan(loop.Now), summary);
    }
}
