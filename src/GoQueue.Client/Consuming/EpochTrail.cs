namespace GoQueue.Client.Consuming;

/// <summary>
/// Under which leaderships a stretch of a partition was written, as a reader saw it: what lets it notice, after any pause and at any node, that the log
/// is no longer the one it read (semantics E7), and find where the two part (E4). Immutable.
/// </summary>
internal sealed class EpochTrail
{
    public static readonly EpochTrail Empty = new([]);

    /// <summary>Leaderships remembered. A parting behind more of them than that is placed at the start of the oldest one, or before.</summary>
    private const int MaxEntries = 64;

    private readonly (int Epoch, long Start)[] entries; // ascending in both

    private EpochTrail((int Epoch, long Start)[] entries)
    {
        this.entries = entries;
    }

    /// <summary>The epoch of the newest record; -1 when none is known.</summary>
    public int LastEpoch => entries is [.., var last] ? last.Epoch : -1;

    /// <summary>The same and a record of <paramref name="epoch"/> at <paramref name="offset"/>, behind all others. Allocates only when the epoch is new.</summary>
    public EpochTrail With(int epoch, long offset)
    {
        if (epoch <= LastEpoch || offset < 0)
        {
            return this;
        }

        return new EpochTrail([.. entries.Length < MaxEntries ? entries : entries[1..], (epoch, offset)]);
    }

    /// <summary>What is left of it for a reader that stands at <paramref name="position"/>.</summary>
    public EpochTrail Before(long position)
    {
        int kept = entries.Length;
        while (kept > 0 && entries[kept - 1].Start >= position)
        {
            kept--;
        }

        return kept == entries.Length ? this : new EpochTrail(entries[..kept]);
    }

    /// <summary>
    /// Where a reader at <paramref name="position"/> goes back to when the log has <paramref name="theirs"/> for its largest epoch not above the reader's: to
    /// the end of the reader's largest epoch not above that, or of theirs if it is earlier. With what is left of the trail there.
    /// </summary>
    public (long To, EpochTrail Left) Back(Divergence theirs, long position)
    {
        long mine = position;
        int index = entries.Length - 1;
        for (; index >= 0 && entries[index].Epoch > theirs.Epoch; index--)
        {
            mine = entries[index].Start;
        }

        long to = Math.Max(0, Math.Min(mine, theirs.Offset));
        bool isShared = index >= 0 && entries[index].Epoch == theirs.Epoch; // an epoch may have begun before the reader did
        return (to, isShared ? Before(to).With(theirs.Epoch, to - 1) : Before(to));
    }
}

/// <summary>What a node says of its log to a reader of another history: its largest epoch not above the reader's, and the end of it.</summary>
/// <param name="Epoch">-1 when the log is empty.</param>
internal readonly record struct Divergence(int Epoch, long Offset);
