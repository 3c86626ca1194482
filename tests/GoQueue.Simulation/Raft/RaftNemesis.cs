using GoQueue.Consensus.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Simulation.Faults;
using GoQueue.Simulation.World;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Raft;

/// <summary>Faults upon the members of a group. Disks are lost only as far as Raft can bear: a majority of every configuration keeps what it had.</summary>
internal sealed class RaftNemesis
{
    private readonly SeededStream random;
    private readonly RaftWorld world;
    private readonly FaultMix mix;
    private readonly List<Action> faults = [];
    private bool isOver;

    public RaftNemesis(RaftWorld world, FaultMix mix)
    {
        random = new SeededStream(world.Loop.Seed, "faults");
        this.world = world;
        this.mix = mix;
        Add(mix.Kill, () => Crash(CrashMode.KeepAll));
        Add(mix.PowerLoss, () => Crash(random.Coin() ? CrashMode.DropUnflushed : CrashMode.Tear));
        Add(mix.PowerLoss && mix.Majority, CrashAll);
        Add(mix.Pause, Pause);
        Add(mix.SlowDisk, () => world.FlushTicks = random.Between(1, random.Coin() ? 3 : 400) * TimeSpan.TicksPerMillisecond);
        Add(mix.CutBothWays, () => Cut(isOneWay: false));
        Add(mix.CutOneWay, () => Cut(isOneWay: true));
        Add(mix.CutBothWays || mix.CutOneWay, IsolateLeader);
        Add(mix.FlushFailure, LoseDisk);
        Add(mix.ClockJump, () => random.Pick(world.Members).Clock.JumpWall(TimeSpan.FromHours(random.Between(-5, 5))));
    }

    public void Begin()
    {
        if (faults.Count > 0)
        {
            Next();
        }
    }

    public void Heal()
    {
        isOver = true;
        world.IsCalm = true;
        world.HealLinks();
        world.FlushTicks = TimeSpan.TicksPerMillisecond;
        foreach (RaftMember member in world.Members)
        {
            member.Process?.Resume();
            member.Boot();
        }
    }

    private void Add(bool isIn, Action fault)
    {
        if (isIn)
        {
            faults.Add(fault);
        }
    }

    private void Next() => world.Loop.Schedule(
        random.Between(TimeSpan.TicksPerMillisecond, mix.MaxMillisBetween * TimeSpan.TicksPerMillisecond),
        null,
        "fault",
        _ =>
        {
            if (!isOver)
            {
                random.Pick(faults)();
                Next();
            }
        },
        null);

    private RaftMember Victim() => random.Below(3) == 0 && world.Leader is { } leader ? leader : random.Pick(world.Members);

    private void Crash(CrashMode mode)
    {
        int down = world.Members.Count(member => !member.IsUp);
        RaftMember victim = Victim();
        if (victim.IsUp && (mix.Majority || down < Math.Max(1, (world.Members.Count - 1) / 2)))
        {
            Crash(victim, mode);
        }
    }

    private void Crash(RaftMember victim, CrashMode mode)
    {
        victim.Crash(mode);
        if (mode == CrashMode.KeepAll)
        {
            world.BreakLinks(victim);
        }

        RestartLater(victim);
    }

    private void CrashAll()
    {
        if (random.Below(3) == 0)
        {
            foreach (RaftMember member in world.Members)
            {
                Crash(member, random.Coin() ? CrashMode.DropUnflushed : CrashMode.Tear);
            }
        }
    }

    private void RestartLater(RaftMember member) => world.Loop.Schedule(
        random.Between(TimeSpan.TicksPerMillisecond, (random.Coin() ? 100 : 3000) * TimeSpan.TicksPerMillisecond), null, "restart", _ => member.Boot(), null);

    private void Pause()
    {
        if (Victim() is { Process: { IsAlive: true, IsPaused: false } process })
        {
            process.Pause();
            world.Loop.Schedule(
                random.Between(TimeSpan.TicksPerMillisecond, (random.Coin() ? 500 : 5000) * TimeSpan.TicksPerMillisecond), null, "continue", _ => process.Resume(), null);
        }
    }

    private void Cut(bool isOneWay)
    {
        int from = random.Below(world.Members.Count);
        int to = random.Below(world.Members.Count);
        CutFor(from, to, isOneWay, random.Between(TimeSpan.TicksPerMillisecond, (random.Coin() ? 500 : 5000) * TimeSpan.TicksPerMillisecond));
    }

    private void IsolateLeader()
    {
        RaftMember alone = Victim();
        long time = random.Between(TimeSpan.TicksPerMillisecond, 3000 * TimeSpan.TicksPerMillisecond);
        bool isOneWay = mix.CutOneWay && random.Coin();
        bool isDeaf = random.Coin();
        foreach (RaftMember other in world.Members)
        {
            CutFor(isDeaf ? other.Index : alone.Index, isDeaf ? alone.Index : other.Index, isOneWay, time);
        }
    }

    private void CutFor(int from, int to, bool isOneWay, long time)
    {
        world.Cut(from, to, true);
        world.Cut(to, from, !isOneWay);
        world.Loop.Schedule(
            time,
            null,
            "heal",
            _ =>
            {
                world.Cut(from, to, false);
                world.Cut(to, from, false);
            },
            null);
    }

    /// <summary>
    /// A disk, or the vote on it, is lost. Only one at a time, and only when every voter of the newest configuration anywhere is whole, the
    /// configuration is decided, and three or more vote: then the others still have everything that was decided.
    /// </summary>
    private void LoseDisk()
    {
        RefreshDamage();
        if (!mix.Administration || world.Members.Any(member => member.IsDamaged) || world.Leader is not { Core: { HasDecidedInTerm: true } core })
        {
            return;
        }

        RaftConfiguration now = core.Configuration;
        bool isSettled = core.ConfigurationAt(core.Commit) == now
            && now.Voters.Count >= 3
            && now.Voters.All(voter => core.ProgressOf(MemberId.Of(voter)) is not { } progress || progress.Match >= core.Commit);
        RaftMember victim = random.Pick(world.Members);
        if (isSettled)
        {
            if (random.Coin())
            {
                victim.Wipe();
            }
            else
            {
                victim.Crash(CrashMode.Tear, losesVote: true);
            }

            RestartLater(victim);
        }
    }

    /// <summary>A member is whole again when it votes under its newest incarnation, or when it never was to vote.</summary>
    private void RefreshDamage()
    {
        if (world.Leader is not { Core: { } core })
        {
            return;
        }

        RaftConfiguration now = core.ConfigurationAt(core.Commit);
        foreach (RaftMember member in world.Members)
        {
            bool isVoterAgain = now.IsVoter(member.Id) && member.Disk.HasVote;
            bool isNobody = now.Find(member.Node) is null && core.Configuration.Find(member.Node) is null;
            if (member.IsDamaged && (isVoterAgain || (isNobody && now.Voters.Count >= 3)))
            {
                member.IsRepaired();
            }
        }
    }
}
