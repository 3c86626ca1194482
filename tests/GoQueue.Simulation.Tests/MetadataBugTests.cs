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
    };

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
