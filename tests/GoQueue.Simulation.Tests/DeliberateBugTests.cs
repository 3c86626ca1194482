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
    };

    /// <summary>Those of the bugs that clients can see, the scenario, the seeds within which the history must show it.</summary>
    public static TheoryData<string, string, int> VisibleBugs => new()
    {
        { "lone", "AckBeforeFlush", 60 },
        { "cluster", "AckBeforeReplication", 60 },
        { "cluster", "ServeAboveHighWatermark", 100 },
        { "cluster", "TruncateToHighWatermark", 200 },
        { "cluster", "ForgetProducerState", 200 },
    };

    /// <summary>Goal: the checker that judges real clusters finds what a broken broker does. Method: nothing is looked at from inside, only what clients saw.</summary>
    [Theory]
    [MemberData(nameof(VisibleBugs))]
    public void A_deliberate_bug_is_caught_by_the_history_of_the_clients_alone(string scenario, string bug, int seeds)
    {
        Scenario world = AllScenarios.Named(scenario)[0];
        for (int seed = 1; seed <= seeds; seed++)
        {
            SeedOutcome outcome = SeedRunner.Run(world, (ulong)seed, new RunOptions { Bug = bug, IsJudgedByHistoryAlone = true });
            if (outcome.Failure?.Detail.StartsWith("the history of the clients shows it", StringComparison.Ordinal) == true)
            {
                return;
            }
        }

        Assert.Fail($"the histories of {seeds} seeds of {scenario} did not show {bug}");
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
