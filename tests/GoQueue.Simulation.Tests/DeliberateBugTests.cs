using GoQueue.Simulation.Running;
using GoQueue.Simulation.Scenarios;

namespace GoQueue.Simulation.Tests;

/// <summary>A checker that never failed a broken system proves nothing: each bug, switched on, is caught within a bounded number of seeds.</summary>
public sealed class DeliberateBugTests
{
    /// <summary>Scenario, the switch, and the seeds within which it must show.</summary>
    public static TheoryData<string, string, int> Bugs => new()
    {
        { "raft", "CountBeforeFlush", 10 },
        { "raft", "CommitOlderTermByCounting", 40 },
        { "raft", "SkipReadIndexCheckAfterPause", 300 },
        { "raft", "VoteWithoutFlushing", 800 },
        { "lone", "AckBeforeFlush", 40 },
        { "cluster", "AckBeforeReplication", 20 },
        { "cluster", "ServeAboveHighWatermark", 20 },
        { "cluster", "TruncateToHighWatermark", 60 },
        { "cluster", "ForgetProducerState", 60 },
        { "cluster", "OneRoundOfEpochTruncation", 400 },
        { "cluster", "TellOwnStart", 60 },
        { "disks", "CountStaleBrokerEpoch", 400 },
        { "cluster", "RefuseStored", 60 },
        { "cluster", "AlterBody", 20 },
        { "cluster", "SwapBatches", 20 },
        { "cluster", "LeaveOutInside", 20 },
        { "cluster", "LeaveOutFirst", 20 },
        { "cluster", "AckEarlier", 20 },
        { "cluster", "StaleEnd", 20 },
        { "cluster", "EndGoesBack", 20 },
        { "cluster", "ForgetOldRecords", 20 },
        { "cluster", "NeverAcknowledge", 20 },
        { "cluster", "ReadNeighbour", 20 },
    };

    /// <summary>
    /// Those of the bugs that clients can see: the scenario, the seeds within which the history of one of them must show it, and the anomalies it must show there. Every id of the
    /// L table but L14, which clients cannot see, and T11.
    /// </summary>
    public static TheoryData<string, string, int, string[]> VisibleBugs => new()
    {
        { "lone", "AckBeforeFlush", 60, ["L1", "L3", "T11"] },
        { "cluster", "AckBeforeReplication", 60, ["L1", "L2"] },
        { "cluster", "ServeAboveHighWatermark", 60, ["L2"] },
        { "cluster", "TruncateToHighWatermark", 60, ["L1", "L2"] },
        { "cluster", "ForgetProducerState", 60, ["L5"] },
        { "cluster", "RefuseStored", 60, ["L6"] },
        { "cluster", "AlterBody", 20, ["L7"] },
        { "cluster", "SwapBatches", 20, ["L8"] },
        { "cluster", "LeaveOutInside", 20, ["L8"] },
        { "cluster", "LeaveOutFirst", 20, ["L9"] },
        { "cluster", "AckEarlier", 20, ["L3", "L4", "L10"] },
        { "cluster", "StaleEnd", 20, ["L11"] },
        { "cluster", "EndGoesBack", 20, ["L12"] },
        { "cluster", "ForgetOldRecords", 20, ["L13"] },
        { "cluster", "NeverAcknowledge", 20, ["L15"] },
        { "cluster", "ReadNeighbour", 20, ["L3", "L5"] },
    };

    /// <summary>Goal: the checker that judges real clusters finds what a broken broker does. Method: nothing is looked at from inside, only what clients saw.</summary>
    [Theory]
    [MemberData(nameof(VisibleBugs))]
    public void A_deliberate_bug_is_caught_by_the_history_of_the_clients_alone(string scenario, string bug, int seeds, string[] anomalies)
    {
        Scenario world = AllScenarios.Named(scenario)[0];
        for (int seed = 1; seed <= seeds; seed++)
        {
            SeedOutcome outcome = SeedRunner.Run(world, (ulong)seed, new RunOptions { Bug = bug, IsJudgedByHistoryAlone = true });
            if (outcome.Failure is { } failure && failure.Detail.StartsWith("the history of the clients shows it", StringComparison.Ordinal)
                && anomalies.All(id => failure.Detail.Contains($"; {id} ", StringComparison.Ordinal)))
            {
                return;
            }
        }

        Assert.Fail($"the histories of {seeds} seeds of {scenario} did not show {string.Join(", ", anomalies)} of {bug}");
    }

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_deliberate_bug_is_caught(string scenario, string bug, int seeds)
    {
        Scenario world = AllScenarios.Named(scenario)[0];
        for (int seed = 1; seed <= seeds; seed++)
        {
            SeedOutcome outcome = SeedRunner.Run(world, (ulong)seed, new RunOptions { Bug = bug });
            if (outcome.Failure is { } failure)
            {
                Assert.NotEqual("harness", failure.Rule);
                Assert.NotEqual("determinism", failure.Rule);
                return;
            }
        }

        Assert.Fail($"{seeds} seeds of {scenario} did not notice {bug}");
    }
}
