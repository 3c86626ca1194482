using GoQueue.Simulation.Running;
using GoQueue.Simulation.Scenarios;

namespace GoQueue.Simulation.Tests;

/// <summary>Seeds that once found a bug. They no longer meet it the same way after every change of the code, and cost next to nothing.</summary>
public sealed class PinnedSeedTests
{
    public static TheoryData<string, long, string> Seeds => new()
    {
        { "lone", 1, "waits on tasks resumed on the thread pool" },
        { "lone", 37, "waiting for the first of two tasks resumed on the thread pool" },
        { "raft", 5, "reads that wait changed while they were walked" },
        { "raft", 10333, "a fresh member ignored a leader under an incarnation it did not know" },
        { "raft", 15573, "the same with two members left" },
        { "raft", 11935, "a voter whose removal was not decided did not stand, and nobody else could be elected" },
        { "cluster", 2, "waiting for all of some tasks resumed on the thread pool" },
        { "cluster", 50, "a level follower of an idle leader never came back into the ISR" },
        { "cluster", 120, "the metadata log refused entries of an older term after a truncation" },
        { "cluster", 392, "a leadership without room on the disk stopped its partition" },
        { "cluster", 960, "a proposal decided while it waited was handed to the next leader" },
        { "cluster", 101, "a node with an empty disk led what its old disk had led, and the followers cut what was committed" },
        { "cluster", 318, "a process that had just started was unfenced on the heartbeats of the one that had died" },
        { "large", 1795281098029, "a follower that had to cut its log on a full disk stopped for good" },
        { "large", 1795281098375, "a partition that had no room when it was to be opened stopped for good" },
        { "cluster", 7026, "the metadata log stopped for good when it had to cut entries on a full disk" },
        { "lone", 16, "retention took records of producers for whom no snapshot stood, and a restart had forgotten them" },
        { "lone", 74, "compaction that found no room for its swap stopped the partition" },
        { "disks", 175, "a leader alone in the set had no committed snapshot after a restart for the replica that began anew" },
        { "cluster", 1795288161089, "a member that had no room for decided entries took no snapshot of them either" },
        { "large", 1795288669053, "a replica built from a compacted log did not know where an epoch began, and a deposed leader kept what was never committed" },
        { "disks", 1795288780229, "retention forgot where the epoch of the last removed record began, and a deposed leader kept what was never committed" },
        { "cluster", 1795288669191, "the end of a partition while it waited to be compacted ended the rounds of maintenance" },
        { "disks", 1795288890063, "a log that began empty behind a leader's snapshot had none of its own to give" },
        { "cluster", 88, "the start of a partition went back when another replica led" },
        { "disks", 174, "the start of a partition went back when another replica led" },
        { "large", 250, "the start of a partition went back when another replica led" },
        { "cluster", 1795284785061, "the directory of a partition was used after a sync of its name had failed, and went with the power" },
        { "large", 1795293490542, "the checks missed what a leader counted in the turn in which its leadership ended" },
        { "lone", 36, "the checks missed what a leader counted in the turn in which its process died" },
        { "disks", 1795293490151, "a disk was lost while the report that the only other replica could not be opened was under way" },
        { "disks", 1795296093124, "a leadership that waited for room began with who was fenced when it was decided, and took nobody into the ISR" },
        { "cluster", 1795297241399, "an empty log, left by a snapshot that had no room, was taken for the log in use at the next start, and decided entries were gone" },
        { "large", 1795296578013, "a disk that a link had proved before it went down was taken for the one that came back" },
        { "disks", 1795297120315, "a log that had failed in the swap of a compacted file was compacted again, and the next start swapped in what was half written" },
        { "cluster", 1795321011660, "a replica that started again knew less to be committed than when it compacted, and had neither the old record of a key nor the new one below it" },
        { "large", 1795321748941, "the operator of the simulation took away a node on which replicas had been put again while he waited for health" },
        { "cluster", 1795327566677, "the checks missed the promise that a leader made in the turn in which its process died" },
        { "disks", 1795296334443, "the history judged what only a leader that was lost had acknowledged as gone from a compacted topic" },
    };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_seed_that_found_a_bug_passes(string scenario, long seed, string bug)
    {
        SeedOutcome outcome = SeedRunner.Run(AllScenarios.Named(scenario)[0], (ulong)seed, new RunOptions());

        Assert.True(outcome.Failure is null, $"{outcome.Failure?.Message} ({bug}); replay: {outcome.Command}");
    }
}
