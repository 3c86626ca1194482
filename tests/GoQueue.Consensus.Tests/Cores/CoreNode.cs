using System.Text;
using GoQueue.Consensus.Core;

namespace GoQueue.Consensus.Tests.Cores;

/// <summary>A core with a disk of lists: what is flushed survives a crash, what is only written does not.</summary>
internal sealed class CoreNode
{
    private readonly CoreWorld world;
    private readonly List<RaftEntry> written = [];
    private HardState durableState;
    private int durableCount;
    private RaftSnapshot? snapshot;

    public CoreNode(CoreWorld world, MemberId id)
    {
        this.world = world;
        Id = id;
        Core = Start();
        Step(RaftInput.TimerFired.Instance); // names the first deadline
    }

    public MemberId Id { get; private set; }

    public RaftCore Core { get; private set; }

    public TimeSpan Deadline { get; private set; }

    public bool IsFlushHeld { get; set; }

    public bool MayVote { get; set; } = true;

    /// <summary>Entries handed to the state machine.</summary>
    public List<RaftEntry> Applied { get; } = [];

    public List<string> Reads { get; } = [];

    public void Step(RaftInput input)
    {
        List<RaftEffect> effects = [];
        Core.Step(input, world.Now, effects);
        foreach (RaftEffect effect in effects)
        {
            Do(effect);
        }

        if (!IsFlushHeld)
        {
            Flush();
        }
    }

    public void Flush()
    {
        if (durableCount == written.Count)
        {
            return;
        }

        durableCount = written.Count;
        RaftEntry last = written[^1];
        world.Say($"{Id} flushed {last.Index}/{last.Term}");
        Step(new RaftInput.Flushed(last.Index, last.Term));
    }

    public void Crash()
    {
        written.RemoveRange(durableCount, written.Count - durableCount);
        Applied.RemoveRange(0, Applied.Count);
        Core = Start();
        Step(RaftInput.TimerFired.Instance);
    }

    public void TakeSnapshot()
    {
        long index = Applied[^1].Index;
        RaftSnapshot taken = RaftSnapshot.Make(index, Core.Log.TermAt(index), Core.ConfigurationAt(index), System.Text.Encoding.ASCII.GetBytes($"state at {index}"));
        written.RemoveAll(entry => entry.Index <= index);
        durableCount = written.Count;
        snapshot = taken;
        Step(new RaftInput.SnapshotTaken(taken, index));
    }

    private RaftCore Start()
    {
        RaftStart start = new()
        {
            Self = Id,
            HardState = durableState,
            Snapshot = snapshot,
            Configuration = world.First,
            Entries = [.. written],
            BaseTerm = snapshot?.Term ?? 0,
            Commit = 0,
            MayVote = MayVote,
        };
        return new RaftCore(start, world.Options, new Random(Id.Node.Value[^1]), world.Now);
    }

    private void Do(RaftEffect effect)
    {
        switch (effect)
        {
            case RaftEffect.SaveHardState save:
                durableState = save.State;
                world.Say($"{Id} saves term {save.State.Term} vote {save.State.Vote?.ToString() ?? "-"}");
                break;
            case RaftEffect.TruncateLog truncate:
                written.RemoveAll(entry => entry.Index >= truncate.FromIndex);
                durableCount = Math.Min(durableCount, written.Count);
                world.Say($"{Id} truncates from {truncate.FromIndex}");
                break;
            case RaftEffect.AppendEntries append:
                written.AddRange(append.Entries);
                world.Say($"{Id} appends {string.Join(' ', append.Entries.Select(CoreWorld.Text))}");
                break;
            case RaftEffect.Send send:
                world.Queue(Id, send.To, send.Message);
                break;
            case RaftEffect.Apply apply:
                for (long index = (Applied.Count > 0 ? Applied[^1].Index : snapshot?.Index ?? 0) + 1; index <= apply.UpTo; index++)
                {
                    Applied.Add(Core.Log[index]);
                }

                world.Say($"{Id} applies to {apply.UpTo}");
                break;
            case RaftEffect.ReadReady ready:
                Reads.Add($"{ready.Ticket}@{ready.Index}");
                world.Say($"{Id} read {ready.Ticket} ready at {ready.Index}");
                break;
            case RaftEffect.ReadRefused refused:
                Reads.Add($"{refused.Ticket} refused");
                world.Say($"{Id} read {refused.Ticket} refused");
                break;
            case RaftEffect.InstallSnapshot install:
                world.Say($"{Id} installs the snapshot at {install.Snapshot.Index}/{install.Snapshot.Term}");
                written.Clear();
                durableCount = 0;
                snapshot = install.Snapshot;
                Applied.Clear();
                Step(new RaftInput.SnapshotInstalled(install.Snapshot));
                break;
            case RaftEffect.SetTimer timer:
                Deadline = timer.Deadline;
                break;
        }
    }
}
