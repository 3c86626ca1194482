using GoQueue.Simulation.Running;
using GoQueue.Simulation.Scenarios;

namespace GoQueue.Simulation.Tests;

/// <summary>Seeds that once found a bug. They no longer meet it the same way after every change of the code, and cost next to nothing.</summary>
public sealed class PinnedSeedTests
{
    public static TheoryData<string, int, string> Seeds => new()
    {
        { "lone", 1, "waits on tasks resumed on the thread pool" },
        { "lone", 37, "waiting for the first of two tasks resumed on the thread pool" },
        { "raft", 5, "reads that wait changed while they were walked" },
        { "raft", 10333, "a fresh member ignored a leader under an incarnation it did not know" },
        { "raft", 15573, "the same with two members left" },
        { "raft", 11935, "a voter whose removal was not decided did not stand, and nobody else could be elected" },
    };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_seed_that_found_a_bug_passes(string scenario, int seed, string bug)
    {
        SeedOutcome outcome = SeedRunner.Run(AllScenarios.Named(scenario)[0], (ulong)seed, new RunOptions());

        Assert.True(outcome.Failure is null, $"{outcome.Failure?.Message} ({bug}); replay: {outcome.Command}");
    }
}
