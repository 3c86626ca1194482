using GoQueue.Simulation.Running;

namespace GoQueue.Simulation.Scenarios;

/// <summary>Every world that can be run.</summary>
internal static class AllScenarios
{
    public static IReadOnlyList<Scenario> List { get; } = [RaftScenario.Scenario, BrokerScenarios.Lone, BrokerScenarios.Cluster, BrokerScenarios.Disks, BrokerScenarios.Large];

    /// <summary>The scenario of this name, or none.</summary>
    public static IReadOnlyList<Scenario> Named(string name) => [.. List.Where(scenario => scenario.Name == name)];
}
