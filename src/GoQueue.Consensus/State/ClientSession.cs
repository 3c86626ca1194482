namespace GoQueue.Consensus.State;

/// <summary>Which numbers of one proposer were applied: all below the floor are settled, and those above it by name.</summary>
internal sealed class ClientSession(long boot, long floor, IEnumerable<long> applied)
{
    /// <summary>Numbers that a proposer may have open at once; the envelope is refused beyond.</summary>
    public const int MaxOpen = 1 << 16;

    private readonly SortedSet<long> applied = [.. applied];

    public long Boot { get; } = boot;

    public long Floor { get; private set; } = floor;

    /// <summary>In order.</summary>
    public IReadOnlyCollection<long> Applied => applied;

    /// <summary>Index of the last entry of this proposer.</summary>
    public long LastIndex { get; set; }

    public bool Contains(long sequence) => sequence < Floor || applied.Contains(sequence);

    /// <summary>False when it was applied before.</summary>
    public bool TryAdd(long sequence, long newFloor)
    {
        if (Contains(sequence))
        {
            return false;
        }

        applied.Add(sequence);
        if (newFloor > Floor)
        {
            Floor = newFloor;
            while (applied.Count > 0 && applied.Min < Floor)
            {
                applied.Remove(applied.Min);
            }
        }

        return true;
    }
}
