using GoQueue.Consensus;
using GoQueue.Consensus.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Simulation.Faults;
using GoQueue.Simulation.Raft;
using GoQueue.Simulation.Running;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Scenarios;

/// <summary>The Raft core by itself, on a network that loses, repeats and reorders, and on a model of disks that forget what was not flushed.</summary>
internal static class RaftScenario
{
    public static readonly Scenario Scenario = new("raft", "3 to 7 Raft cores under every fault that Raft bears", Run);

    private static RunReport Run(ulong seed, RunOptions options, Action<SimulationLoop> built)
    {
        SimulationLoop loop = new(seed);
        built(loop);
        SeededStream shape = new(seed, "shape");
        FaultMix mix = FaultMix.Draw(shape);
        int voters = shape.Below(3) == 0 ? 5 : 3;
        int spares = mix.Administration ? shape.Below(3) : 0;
        RaftOptions raft = new()
        {
            LeaseReads = shape.Below(3) == 0,
            MaxAppendBytes = 64 << shape.Below(8),
            MaxInflightAppends = 1 << shape.Below(6),
            SnapshotChunkBytes = 256 << shape.Below(5),
            PromoteLagEntries = 1 << shape.Below(8),
            Faults = Enum.TryParse(options.Bug, ignoreCase: true, out RaftFaults bug) ? bug : RaftFaults.None,
        };
        RaftWorld world = new(loop, raft, mix, voters, spares);
        loop.Describe = () => $"{mix}{Environment.NewLine}{world}";
        RaftNemesis nemesis = new(world, mix);
        world.Begin();
        nemesis.Begin();
        loop.Run(long.MaxValue, options.Steps);

        nemesis.Heal();
        world.IsStopping = true;
        long decided = world.Checker.Decided;
        bool proposed = false;
        Liveness.Until(loop, TimeSpan.FromSeconds(20), () => proposed || (proposed = world.Leader?.TryPropose(1) == true), () => $"a leader takes a proposal");
        Liveness.Until(loop, TimeSpan.FromSeconds(20), () => world.Checker.Decided > decided && IsQuiet(world), () => $"all members have all that was decided");
        string summary = $"{voters}+{spares} members, {world.Checker.Decided} decided, {world.Proposals} proposals told, {world.ReadsServed} reads, "
            + $"{world.SnapshotsInstalled} snapshots installed, {world.MembershipChanges} membership changes; {mix}";
        return new RunReport(Scenario.Name, seed, loop.Trace.Digest, loop.Steps, new TimeSpan(loop.Now), summary);
    }

    /// <summary>One leader, and every member of its configuration that is there under that incarnation knows the same to be decided.</summary>
    private static bool IsQuiet(RaftWorld world)
    {
        if (world.Leader is not { Core: { HasDecidedInTerm: true } leader })
        {
            return false;
        }

        foreach (QuorumMember member in leader.Configuration.Members)
        {
            RaftMember there = world.Members.First(candidate => candidate.Node == member.Node);
            if (there.Incarnation == member.Incarnation && there.Core?.Commit != leader.Commit)
            {
                return false;
            }
        }

        return leader.Commit == leader.Log.LastIndex;
    }
}
