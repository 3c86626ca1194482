using System.Buffers;
using GoQueue.Consensus;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Simulation.World;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Raft;

/// <summary>One member: the production core, and around it the thinnest shell that does what the effects say on a model of a disk.</summary>
internal sealed class RaftMember
{
    private readonly RaftWorld world;
    private readonly List<RaftEffect> effects = [];
    private readonly Dictionary<long, long> readsAskedAt = [];
    private readonly List<(long Index, long Term)> ownProposals = [];
    private RaftTimer? timer;
    private bool isFlushing;
    private bool isSnapshotting;
    private long applied;
    private ulong digest;
    private long seenCommit;
    private RaftRole seenRole;

    public RaftMember(RaftWorld world, int index, NodeId node)
    {
        this.world = world;
        Index = index;
        Node = node;
        Random = new SeededStream(world.Loop.Seed, $"member-{index}");
        Clock = new HostClock(Random.Between(0, TimeSpan.TicksPerHour), (int)Random.Between(-100, 100));
        Incarnation = Random.NextGuid();
    }

    public int Index { get; }

    public NodeId Node { get; }

    public Guid Incarnation { get; private set; }

    public MemberId Id => new(Node, Incarnation);

    public SeededStream Random { get; }

    public HostClock Clock { get; }

    public RaftDiskModel Disk { get; private set; } = new();

    public SimulatedProcess? Process { get; private set; }

    /// <summary>Null while the process is down.</summary>
    public RaftCore? Core { get; private set; }

    /// <summary>Its disk was wiped or its vote lost since the world began, and it is no voter anew yet.</summary>
    public bool IsDamaged { get; private set; }

    public bool IsUp => Core is not null;

    public void Boot()
    {
        if (IsUp)
        {
            return;
        }

        Process = new SimulatedProcess(world.Loop, Index, Node.Value, Clock);
        isFlushing = false;
        isSnapshotting = false;
        readsAskedAt.Clear();
        ownProposals.Clear();
        RaftStart start = new()
        {
            Self = Id,
            HardState = Disk.Hard.Term >= Disk.LastTerm ? Disk.Hard : new HardState(Disk.LastTerm, null),
            Snapshot = Disk.Snapshot,
            Configuration = world.InitialConfiguration,
            Entries = [.. Disk.Entries],
            BaseTerm = Disk.BaseTerm,
            Commit = Disk.Snapshot?.Index ?? 0,
            MayVote = Disk.HasVote,
        };
        applied = Disk.Snapshot?.Index ?? 0;
        digest = world.Checker.DigestAt(applied);
        seenRole = RaftRole.Follower;
        Core = new RaftCore(start, world.Options, Random.AsRandom(), Process.Time.Monotonic);
        seenCommit = Core.Commit;
        Step(RaftInput.TimerFired.Instance);
    }

    public void Crash(CrashMode mode, bool losesVote = false)
    {
        if (!IsUp)
        {
            return;
        }

        world.Loop.Trace.Add(world.Loop.Now, "crash", Index, (long)mode, losesVote ? 1 : 0, mode);
        Process!.Kill();
        Core = null;
        timer = null;
        Disk.Crash(mode, Random, losesVote);
        IsDamaged |= losesVote;
    }

    /// <summary>The disk is replaced by an empty one; what comes back is another member.</summary>
    public void Wipe()
    {
        Crash(CrashMode.DropUnflushed);
        Disk = new RaftDiskModel();
        Incarnation = Random.NextGuid();
        IsDamaged = true;
    }

    /// <summary>It is a voter under its newest incarnation, with a vote of its own.</summary>
    public void IsRepaired() => IsDamaged = false;

    /// <summary>Messages are bytes between members, as in the product.</summary>
    public void Receive(MemberId from, ReadOnlySpan<byte> bytes)
    {
        RaftMessage? message = Consensus.Encoding.RaftMessageCodec.TryRead(bytes, out Guid to);
        SimulationFailure.Unless(message is not null, "codec", $"a message from {from} cannot be read");
        if (to == Incarnation)
        {
            Step(new RaftInput.Received(from, message!));
        }
    }

    public bool TryPropose(int commands)
    {
        if (Core is not { RefusesProposals: null } core || Process!.IsPaused)
        {
            return false;
        }

        ReadOnlyMemory<byte>[] payloads = new ReadOnlyMemory<byte>[commands];
        for (int i = 0; i < commands; i++)
        {
            payloads[i] = world.NextCommand();
            ownProposals.Add((core.Log.LastIndex + 1 + i, core.Term));
        }

        Step(new RaftInput.Propose(payloads));
        return true;
    }

    public void Read()
    {
        if (IsUp && !Process!.IsPaused)
        {
            long ticket = world.NextTicket();
            readsAskedAt.Add(ticket, world.Checker.Told);
            Step(new RaftInput.Read([ticket]));
        }
    }

    public override string ToString() => Core is not { } core
        ? $"{Node} is down"
        : $"{Node} {core.Role} term {core.Term} log {core.Log.BaseIndex}-{core.Log.LastIndex} durable {core.Durable} commit {core.Commit} leader {core.Leader} {core.Configuration}{(Disk.HasVote ? "" : " no vote")}{(IsDamaged ? " damaged" : "")}";

    public void Step(RaftInput input)
    {
        RaftCore core = Core!;
        effects.Clear();
        try
        {
            core.Step(input, Process!.Time.Monotonic, effects);
        }
        catch (InvariantViolationException broken)
        {
            throw new SimulationFailure("invariant", $"{Id} at {input}: {broken.Message}", broken);
        }

        NoteDecided(core);
        long truncatedFrom = long.MaxValue;
        for (int i = 0; i < effects.Count; i++)
        {
            Do(effects[i], ref truncatedFrom);
        }

        Check(core, truncatedFrom);
        Flush();
    }

    private void Do(RaftEffect effect, ref long truncatedFrom)
    {
        switch (effect)
        {
            case RaftEffect.SaveHardState save:
                Disk.SaveHard(save.State, save.IsFlushed);
                break;
            case RaftEffect.TruncateLog truncate:
                truncatedFrom = Math.Min(truncatedFrom, truncate.FromIndex);
                Disk.Truncate(truncate.FromIndex);
                break;
            case RaftEffect.AppendEntries append:
                Disk.Append(append.Entries);
                foreach (RaftEntry entry in append.Entries)
                {
                    world.Checker.Writes(this, entry);
                    NoteChange(entry);
                }

                break;
            case RaftEffect.Send send:
                Send(send.To, send.Message);
                break;
            case RaftEffect.Apply apply:
                Apply(apply.UpTo);
                break;
            case RaftEffect.ReadReady ready:
                if (readsAskedAt.Remove(ready.Ticket, out long told))
                {
                    world.Checker.Reads(this, ready.Index, told);
                    world.ReadsServed++;
                }

                break;
            case RaftEffect.ReadRefused refused:
                readsAskedAt.Remove(refused.Ticket);
                break;
            case RaftEffect.InstallSnapshot install:
                Process!.Loop.Schedule(Random.Between(1, 5 * TimeSpan.TicksPerMillisecond), Process, "install", _ => Installed(install.Snapshot), null);
                break;
            case RaftEffect.SetTimer set:
                SetTimer(set.Deadline);
                break;
        }
    }

    private void Check(RaftCore core, long truncatedFrom)
    {
        if (core.Role == RaftRole.Leader)
        {
            SimulationFailure.Unless(seenRole != RaftRole.Leader || truncatedFrom == long.MaxValue, "M4", $"{Id} leads and cuts its log from {truncatedFrom} (leader append-only)");
            if (seenRole != RaftRole.Leader)
            {
                world.Loop.Trace.Add(world.Loop.Now, "leads", Index, core.Term);
                world.Checker.Leads(this);
            }
        }

        if (core.Role is RaftRole.Candidate or RaftRole.Leader)
        {
            world.Checker.Votes(Id, core.Term, Id);
        }

        seenRole = core.Role;
    }

    private void NoteDecided(RaftCore core)
    {
        SimulationFailure.Unless(core.Commit >= seenCommit, "M2", $"what {Id} knows to be decided falls from {seenCommit} to {core.Commit}");
        if (core.Commit > seenCommit)
        {
            world.Checker.Decides(this, seenCommit + 1, core.Commit, world.Members);
        }

        seenCommit = core.Commit;
    }

    private void NoteChange(in RaftEntry entry)
    {
        if (entry.Kind == RaftEntryKind.Configuration)
        {
            world.Checker.Changes(Core!, entry.Index);
        }
    }

    private void Send(MemberId to, RaftMessage message)
    {
        if (message is RaftMessage.VoteAnswer { IsGranted: true } answer)
        {
            world.Checker.Votes(Id, answer.Term, to);
        }

        ArrayBufferWriter<byte> bytes = new(64);
        Consensus.Encoding.RaftMessageCodec.Write(message, to.Incarnation, bytes);
        world.Carry(this, to, bytes.WrittenSpan.ToArray());
    }

    private void Apply(long upTo)
    {
        RaftCore core = Core!;
        while (applied < upTo)
        {
            applied++;
            digest = world.Checker.Applies(this, applied, digest);
        }

        for (int i = ownProposals.Count - 1; i >= 0; i--)
        {
            (long index, long term) = ownProposals[i];
            if (index <= applied)
            {
                if (core.Log.TermAt(index) == term)
                {
                    world.Checker.Tells(index); // its proposer is told now
                    world.Proposals++;
                }

                ownProposals.RemoveAt(i);
            }
        }

        if (!isSnapshotting && applied - (core.Snapshot?.Index ?? 0) >= world.SnapshotEvery)
        {
            TakeSnapshot(core);
        }
    }

    private void TakeSnapshot(RaftCore core)
    {
        isSnapshotting = true;
        byte[] state = new byte[8 + Random.Below(3000)];
        BitConverter.TryWriteBytes(state, digest);
        RaftSnapshot taken = RaftSnapshot.Make(applied, core.Log.TermAt(applied), core.ConfigurationAt(applied), state);
        long compactTo = Math.Max(core.Log.BaseIndex, applied - Random.Below(world.SnapshotEvery));
        Process!.Loop.Schedule(
            Random.Between(1, 20 * TimeSpan.TicksPerMillisecond),
            Process,
            "snapshot",
            _ =>
            {
                isSnapshotting = false;
                if (taken.Index > (Disk.Snapshot?.Index ?? 0))
                {
                    Disk.KeepSnapshot(taken, Math.Min(compactTo, Disk.LastIndex));
                    Step(new RaftInput.SnapshotTaken(taken, Math.Max(compactTo, Core!.Log.BaseIndex)));
                }
            },
            null);
    }

    private void Installed(RaftSnapshot snapshot)
    {
        Disk.Install(snapshot);
        isFlushing = false;
        applied = snapshot.Index;
        digest = BitConverter.ToUInt64(snapshot.State.Span);
        SimulationFailure.Unless(digest == world.Checker.DigestAt(applied), "M4", $"{Id} installs a snapshot of {applied} with another state than others had");
        world.SnapshotsInstalled++;
        Step(new RaftInput.SnapshotInstalled(snapshot));
    }

    /// <summary>One flush at a time; what is written meanwhile goes with the next.</summary>
    private void Flush()
    {
        if (isFlushing || Disk.PendingWrites == 0)
        {
            return;
        }

        isFlushing = true;
        RaftDiskModel disk = Disk;
        int writes = disk.PendingWrites;
        Process!.Loop.Schedule(
            Random.Between(1, world.FlushTicks),
            Process,
            "flush",
            _ =>
            {
                if (isFlushing && disk.PendingWrites >= writes)
                {
                    disk.Flush(writes);
                    isFlushing = false;
                    Step(new RaftInput.Flushed(disk.LastIndex, disk.LastTerm));
                }
            },
            null);
    }

    private void SetTimer(TimeSpan deadline)
    {
        timer?.Cancel();
        timer = new RaftTimer(this);
        long ticks = Clock.TrueTicks(Math.Max(0, (deadline - Process!.Time.Monotonic).Ticks));
        world.Loop.ScheduleTimer(ticks, Process, timer);
    }

    private sealed class RaftTimer(RaftMember member) : ICancellableEvent
    {
        public bool IsCancelled { get; private set; }

        public void Cancel() => IsCancelled = true;

        public void Run() => member.Step(RaftInput.TimerFired.Instance);

        public override string ToString() => "election or heartbeat";
    }
}
