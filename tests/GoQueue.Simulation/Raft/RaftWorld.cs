using GoQueue.Consensus;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Simulation.Faults;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Raft;

/// <summary>A group of members, the network between them, and somebody who proposes, reads and changes who belongs.</summary>
internal sealed class RaftWorld
{
    private readonly SeededStream network;
    private readonly SeededStream work;
    private readonly SeededStream haste;
    private readonly bool[] isCut;
    private readonly FaultMix mix;
    private long commands;
    private long tickets;

    public RaftWorld(SimulationLoop loop, RaftOptions options, FaultMix mix, int voters, int spares)
    {
        Loop = loop;
        Options = options;
        this.mix = mix;
        network = new SeededStream(loop.Seed, "network");
        work = new SeededStream(loop.Seed, "work");
        haste = new SeededStream(loop.Seed, "haste");
        SnapshotEvery = 10 + work.Below(150);
        FlushTicks = work.Between(1, 4) * TimeSpan.TicksPerMillisecond;
        Members = [.. Enumerable.Range(0, voters + spares).Select(index => new RaftMember(this, index, new NodeId($"n{index}")))];
        isCut = new bool[Members.Count * Members.Count];
        InitialConfiguration = new RaftConfiguration(Members.Take(voters).Select(Describe), []);
    }

    public SimulationLoop Loop { get; }

    public RaftOptions Options { get; }

    public RaftChecker Checker { get; } = new();

    public IReadOnlyList<RaftMember> Members { get; }

    public RaftConfiguration InitialConfiguration { get; }

    public int SnapshotEvery { get; }

    /// <summary>Longest flush.</summary>
    public long FlushTicks { get; set; }

    /// <summary>While set, the network loses and repeats nothing.</summary>
    public bool IsCalm { get; set; }

    public bool IsStopping { get; set; }

    public long Proposals { get; set; }

    public long ReadsServed { get; set; }

    public long SnapshotsInstalled { get; set; }

    public long MembershipChanges { get; private set; }

    /// <summary>The leader of the highest term among those that run, if there is one.</summary>
    public RaftMember? Leader => Members.Where(member => member.Core?.Role == RaftRole.Leader).MaxBy(member => member.Core!.Term);

    public static QuorumMember Describe(RaftMember member) => new(member.Node, member.Incarnation, "sim", member.Index + 1);

    public override string ToString() => string.Join(Environment.NewLine, Members.Select(member => member.ToString()));

    public ReadOnlyMemory<byte> NextCommand()
    {
        byte[] payload = new byte[8 + work.Below(60)];
        BitConverter.TryWriteBytes(payload, ++commands);
        return payload;
    }

    public long NextTicket() => ++tickets;

    public void Begin()
    {
        foreach (RaftMember member in Members)
        {
            member.Boot();
        }

        Work();
        if (mix.Administration)
        {
            Administer();
        }
    }

    /// <summary>
    /// Carries one message: late, twice, behind later ones, or not at all. Raft needs none of the order that the port of the product promises.
    /// </summary>
    public void Carry(RaftMember from, MemberId to, byte[] bytes)
    {
        MemberId sender = from.Id;
        for (int target = 0; target < Members.Count; target++)
        {
            if (Members[target].Node != to.Node || isCut[(from.Index * Members.Count) + target])
            {
                continue;
            }

            Deliver(sender, target, bytes);
            if (!IsCalm && mix.FullQueues && network.Below(30) == 0)
            {
                Deliver(sender, target, bytes);
            }
        }
    }

    public void Cut(int from, int to, bool isDown) => isCut[(from * Members.Count) + to] = isDown;

    public void HealLinks() => Array.Clear(isCut);

    /// <summary>The process of a member is gone and its peers see their connections break.</summary>
    public void BreakLinks(RaftMember gone)
    {
        MemberId id = gone.Id;
        foreach (RaftMember other in Members)
        {
            if (other != gone && other.Process is { } process && !isCut[(gone.Index * Members.Count) + other.Index])
            {
                Loop.Schedule(network.Between(1, 10_000), process, "link-lost", _ => other.Step(new RaftInput.LinkLost(id)), null);
            }
        }
    }

    private void Deliver(MemberId sender, int target, byte[] bytes)
    {
        RaftMember receiver = Members[target];
        if (receiver.Process is not { } process || (!IsCalm && mix.LossyNetwork && network.Below(20) == 0))
        {
            return;
        }

        long delay = network.Between(500, TimeSpan.TicksPerMillisecond);
        if (!IsCalm && mix.SlowNetwork && network.Below(30) == 0)
        {
            delay += network.Between(0, 500 * TimeSpan.TicksPerMillisecond);
        }

        Loop.Schedule(delay, process, "message", _ => receiver.Receive(sender, bytes), null);
    }

    private void Work() => Loop.Schedule(
        work.Between(1, 4 * TimeSpan.TicksPerMillisecond),
        null,
        "work",
        _ =>
        {
            if (!IsStopping)
            {
                RaftMember member = work.Below(3) == 0 ? work.Pick(Members) : Leader ?? work.Pick(Members);
                if (work.Below(3) == 0)
                {
                    member.Read();
                }
                else
                {
                    member.TryPropose(1 + work.Below(3));
                }

                Work();
            }
        },
        null);

    private void Administer() => Loop.Schedule(
        work.Between(1, 400 * TimeSpan.TicksPerMillisecond),
        null,
        "admin",
        _ =>
        {
            if (!IsStopping)
            {
                if (Leader is { Process.IsPaused: false } leader)
                {
                    Administer(leader);
                }

                Administer();
            }
        },
        null);

    private void Administer(RaftMember leader)
    {
        RaftConfiguration now = leader.Core!.Configuration;
        if (work.Below(4) == 0)
        {
            leader.Step(new RaftInput.Transfer(MemberId.Of(work.Pick(now.Members))));
            return;
        }

        if (Choose(now, work, Members) is { } change && leader.Core.Check(change) is null)
        {
            MembershipChanges++;
            leader.Step(new RaftInput.Change(change));
            ChangeInHaste(leader);
        }
    }

    /// <summary>Somebody does not wait for the first change to be decided. Both may not be under way together (M7); a leader refuses the second.</summary>
    private void ChangeInHaste(RaftMember leader)
    {
        for (int i = 0; i < Members.Count && leader.Core is { Role: RaftRole.Leader } core; i++)
        {
            if (Choose(core.Configuration, haste, Members) is { } second && core.Check(second) is null)
            {
                MembershipChanges++;
                leader.Step(new RaftInput.Change(second));
            }
        }
    }

    private static MembershipChange? Choose(RaftConfiguration now, SeededStream random, IReadOnlyList<RaftMember> members)
    {
        RaftMember member = random.Pick(members);
        if (now.Find(member.Node) is not { } known)
        {
            return new MembershipChange.AddLearner(Describe(member));
        }

        if (known.Incarnation != member.Incarnation || !member.Disk.HasVote)
        {
            return new MembershipChange.Remove(known.Node, known.Incarnation);
        }

        if (!now.IsVoter(member.Id))
        {
            return now.Voters.Count < Genesis.MaxVoters ? new MembershipChange.Promote(member.Node, member.Incarnation) : null;
        }

        return now.Voters.Count > 3 && random.Below(3) == 0 ? new MembershipChange.Remove(member.Node, member.Incarnation) : null;
    }
}
