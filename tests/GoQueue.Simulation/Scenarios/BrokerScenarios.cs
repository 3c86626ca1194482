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

    private static RunReport Run(string name, int nodes, ulong seed, RunOptions options, Action<SimulationLoop> built)
    {
        SimulationLoop loop = new(seed);
        built(loop);
        loop.LogLevel = options.IsWatched ? LogLevel.Debug : LogLevel.Warning;
        ClusterRun run = new(loop, nodes, options);
        string summary = run.Run(options);
        return new RunReport(name, seed, loop.Trace.Digest, loop.Steps, new TimeSpan(loop.Now), summary);
    }
}
