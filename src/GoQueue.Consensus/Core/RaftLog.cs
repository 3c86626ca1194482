using GoQueue.Core;

namespace GoQueue.Consensus.Core;

/// <summary>
/// The log above its base, in memory: metadata is small, and snapshots keep this short. The base is the last entry that a snapshot stands for and
/// that is no longer here; of it only index and term are known.
/// </summary>
internal sealed class RaftLog(long baseIndex, long baseTerm)
{
    private readonly List<RaftEntry> entries = [];

    public long BaseIndex { get; private set; } = baseIndex;

    public long BaseTerm { get; private set; } = baseTerm;

    public long LastIndex => BaseIndex + entries.Count;

    public long LastTerm => entries.Count > 0 ? entries[^1].Term : BaseTerm;

    /// <summary>Of all entries held.</summary>
    public long Bytes { get; private set; }

    public bool Holds(long index) => index > BaseIndex && index <= LastIndex;

    /// <summary>-1 when the log does not reach there, or no longer.</summary>
    public long TermAt(long index)
    {
        if (index == BaseIndex)
        {
            return BaseTerm;
        }

        return Holds(index) ? this[index].Term : -1;
    }

    public RaftEntry this[long index]
    {
        get
        {
            Invariant.Check(Holds(index), "an entry that is read is held", LastIndex, index);
            return entries[(int)(index - BaseIndex - 1)];
        }
    }

    public void Append(in RaftEntry entry)
    {
        Invariant.Check(entry.Index == LastIndex + 1, "entries are appended without a gap", LastIndex + 1, entry.Index);
        Invariant.Check(entry.Term >= LastTerm, "terms never fall along the log", LastTerm, entry.Term);
        entries.Add(entry);
        Bytes += entry.Size;
    }

    /// <summary>Drops <paramref name="from"/> and everything behind it.</summary>
    public void TruncateFrom(long from)
    {
        Invariant.Check(from > BaseIndex, "what a snapshot stands for is not truncated", BaseIndex + 1, from);
        int keep = (int)(from - BaseIndex - 1);
        for (int i = keep; i < entries.Count; i++)
        {
            Bytes -= entries[i].Size;
        }

        entries.RemoveRange(keep, entries.Count - keep);
    }

    /// <summary>Lets go of entries up to <paramref name="index"/>, which a snapshot stands for.</summary>
    public void CompactTo(long index)
    {
        if (index <= BaseIndex)
        {
            return;
        }

        Invariant.Check(index <= LastIndex, "a log is compacted up to what it holds", LastIndex, index);
        BaseTerm = this[index].Term;
        int drop = (int)(index - BaseIndex);
        for (int i = 0; i < drop; i++)
        {
            Bytes -= entries[i].Size;
        }

        entries.RemoveRange(0, drop);
        BaseIndex = index;
    }

    /// <summary>Begins anew behind a snapshot that came from elsewhere.</summary>
    public void Reset(long index, long term)
    {
        entries.Clear();
        Bytes = 0;
        BaseIndex = index;
        BaseTerm = term;
    }

    /// <summary>Entries from <paramref name="from"/> on that fit; at least one when there is one.</summary>
    public RaftEntry[] Slice(long from, int maxBytes, out int bytes)
    {
        bytes = 0;
        int count = 0;
        for (long index = from; index <= LastIndex; index++)
        {
            int size = this[index].Size;
            if (count > 0 && bytes + size > maxBytes)
            {
                break;
            }

            bytes += size;
            count++;
        }

        return count == 0 ? [] : entries.GetRange((int)(from - BaseIndex - 1), count).ToArray();
    }

    /// <summary>
    /// The largest index up to <paramref name="index"/> whose term is not above <paramref name="term"/>: nothing between can agree with a log that
    /// has that term at that index. The base when it lies below what is held.
    /// </summary>
    public long FindConflict(long index, long term)
    {
        long at = Math.Min(index, LastIndex);
        while (at > BaseIndex && this[at].Term > term)
        {
            at--;
        }

        return Math.Max(at, Math.Min(BaseIndex, index));
    }
}
