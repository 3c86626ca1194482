using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Simulation.World;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Raft;

/// <summary>What one member has on its device, and what it wrote since the last flush.</summary>
internal sealed class RaftDiskModel
{
    private readonly List<Write> pending = [];
    private HardState? unflushedHard;

    public HardState Hard { get; private set; } = new(0, null);

    /// <summary>False after the vote was lost: the member may not vote again.</summary>
    public bool HasVote { get; private set; } = true;

    public RaftSnapshot? Snapshot { get; private set; }

    /// <summary>Durable entries, from the one behind <see cref="BaseIndex"/> on.</summary>
    public List<RaftEntry> Entries { get; } = [];

    public long BaseIndex { get; private set; }

    public long BaseTerm { get; private set; }

    public long LastIndex => BaseIndex + Entries.Count;

    public long LastTerm => Entries.Count > 0 ? Entries[^1].Term : BaseTerm;

    public int PendingWrites => pending.Count;

    /// <summary>The durable entry at that place is of that term, or a durable snapshot stands for it.</summary>
    public bool Has(long index, long term) =>
        index <= (Snapshot?.Index ?? 0) || (index > BaseIndex && index <= LastIndex && Entries[(int)(index - BaseIndex - 1)].Term == term);

    public void SaveHard(HardState state, bool isFlushed)
    {
        SimulationFailure.Unless(state.Term >= Hard.Term, "M2", $"term {state.Term} is to be saved over {Hard.Term}");
        if (isFlushed)
        {
            Hard = state;
            unflushedHard = null;
        }
        else
        {
            unflushedHard = state;
        }
    }

    public void Append(IReadOnlyList<RaftEntry> entries) => pending.Add(new Write(0, entries));

    public void Truncate(long from) => pending.Add(new Write(from, []));

    /// <summary>The first writes become durable, in their order.</summary>
    public void Flush(int writes)
    {
        for (int i = 0; i < writes; i++)
        {
            Apply(pending[i], pending[i].Entries.Count);
        }

        pending.RemoveRange(0, writes);
        Hard = unflushedHard ?? Hard;
        unflushedHard = null;
    }

    public void Crash(CrashMode mode, SeededStream random, bool losesVote)
    {
        int kept = mode switch
        {
            CrashMode.KeepAll => pending.Count,
            CrashMode.DropUnflushed => 0,
            _ => random.Below(pending.Count + 1),
        };
        bool isTorn = mode == CrashMode.Tear && kept < pending.Count;
        for (int i = 0; i < kept; i++)
        {
            Apply(pending[i], pending[i].Entries.Count);
        }

        if (isTorn && pending[kept].Entries.Count > 0)
        {
            Apply(pending[kept], random.Below(pending[kept].Entries.Count));
        }

        pending.Clear();
        if (mode == CrashMode.KeepAll)
        {
            Hard = unflushedHard ?? Hard;
        }

        unflushedHard = null;
        if (losesVote)
        {
            HasVote = false;
            Hard = new HardState(LastTerm, null);
        }
    }

    public void KeepSnapshot(RaftSnapshot taken, long compactTo)
    {
        Snapshot = taken;
        if (compactTo > BaseIndex && compactTo <= LastIndex)
        {
            BaseTerm = Entries[(int)(compactTo - BaseIndex - 1)].Term;
            Entries.RemoveRange(0, (int)(compactTo - BaseIndex));
            BaseIndex = compactTo;
        }
    }

    /// <summary>A snapshot from elsewhere takes the place of the whole log.</summary>
    public void Install(RaftSnapshot installed)
    {
        Snapshot = installed;
        pending.Clear();
        Entries.Clear();
        BaseIndex = installed.Index;
        BaseTerm = installed.Term;
    }

    private void Apply(in Write write, int entries)
    {
        if (write.TruncateFrom > 0)
        {
            int keep = (int)Math.Max(0, write.TruncateFrom - BaseIndex - 1);
            Entries.RemoveRange(keep, Math.Max(0, Entries.Count - keep));
            return;
        }

        for (int i = 0; i < entries; i++)
        {
            Invariant.Check(write.Entries[i].Index == LastIndex + 1, "the model of a disk appends without a gap", LastIndex + 1, write.Entries[i].Index);
            Entries.Add(write.Entries[i]);
        }
    }

    private readonly record struct Write(long TruncateFrom, IReadOnlyList<RaftEntry> Entries);
}
