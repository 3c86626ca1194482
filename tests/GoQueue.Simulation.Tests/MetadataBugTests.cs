using GoQueue.Simulation.Running;
using GoQueue.Simulation.Scenarios;

namespace GoQueue.Simulation.Tests;

/// <summary>Each rule of the metadata (reliability.md 3.6) has a bug that breaks it, and within a bounded number of seeds the check of that very rule says so.</summary>
public sealed class MetadataBugTests
{
    /// <summary>Scenario, the bug, the rule that it breaks, and the seeds within which it must show.</summary>
    public static TheoryData<string, string, string, int> Bugs => new()
    {
        { "raft", "LeadWithoutMajority", "M1", 100 },
        { "raft", "ChangeBeforeDecided", "M7", 100 },
        { "raft", "CountByDecidedMembers", "M7", 150 },
        { "cluster", "SecondLeader", "M1", 20 },
        { "cluster", "OldImage", "M2", 20 },
        { "cluster", "ElectAnyReplica", "M3", 20 },
        { "cluster", "DropDeletion", "M6", 60 },
        { "cluster", "DeleteUnasked", "M6", 40 },
        { "cluster", "ForgetTopic", "M6", 20 },
    };

    /// <summary>Those of them that administrators can see. M7 is not among them: nobody is told who was counted, nor every membership that ever was.</summary>
    public static TheoryData<string, string, int> VisibleBugs => new()
    {
        { "SecondLeader", "M1", 30 },
        { "OldImage", "M2", 20 },
        { "ElectAnyReplica", "M3", 100 },
        { "DropDeletion", "M6", 60 },
        { "DeleteUnasked", "M6", 40 },
        { "ForgetTopic", "M6", 20 },
    };

    /// <summary>Method: nothing is looked at from inside; every node is asked through the API for administrators what it knows, ten times a second.</summary>
    [Theory]
    [MemberData(nameof(VisibleBugs))]
    public void A_bug_of_the_metadata_is_caught_by_what_the_nodes_tell(string bug, string rule, int seeds)
    {
        for (int seed = 1; seed <= seeds; seed++)
        {
            SeedOutcome outcome = SeedRunner.Run(AllScenarios.Named("cluster")[0], (ulong)seed, new RunOptions { Bug = bug, IsJudgedByHistoryAlone = true });
            if (outcome.Failure is { } failure && failure.Rule == rule && failure.Detail.StartsWith("the history of the clients shows it", StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"the histories of {seeds} seeds did not show {bug} as {rule}");
    }

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_bug_of_the_metadata_is_caught_under_the_name_of_its_rule(string scenario, string bug, string rule, int seeds)
    {
        Scenario world = AllScenarios.Named(scenario)[0];
        for (int seed = 1; seed <= seeds; seed++)
        {
            SeedOutcome outcome = SeedRunner.Run(world, (ulong)seed, new RunOptions { Bug = bug });
            Assert.NotEqual("harness", outcome.Failure?.Rule);
            Assert.NotEqual("determinism", outcome.Failure?.Rule);
            if (outcome.Failure?.Rule == rule)
            {
                return;
            }
        }

        Assert.Fail($"in {seeds} seeds of {scenario} {bug} did not break {rule}");
    }
}
