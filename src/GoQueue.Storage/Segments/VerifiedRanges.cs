using GoQueue.Core;

namespace GoQueue.Storage.Segments;

/// <summary>
/// Byte ranges of a segment whose checksums were verified since the start, so that hot data is verified once (reliability.md section 6
/// rule 3). Bounded: when readers make more islands than that, the oldest are forgotten and verified again.
/// </summary>
internal sealed class VerifiedRanges
{
    private const int MaxRanges = 32;

    private readonly Lock gate = new();
    private readonly List<(long Start, long End)> ranges = [];

    public bool Contains(long start, long end)
    {
        lock (gate)
        {
            foreach ((long from, long to) in ranges)
            {
                if (from <= start && end <= to)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public void Add(long start, long end)
    {
        Invariant.Check(start <= end, "a range does not end before it starts");
        lock (gate)
        {
            for (int index = ranges.Count - 1; index >= 0; index--)
            {
                (long from, long to) = ranges[index];
                if (from <= end && start <= to)
                {
                    start = Math.Min(start, from);
                    end = Math.Max(end, to);
                    ranges.RemoveAt(index);
                }
            }

            if (ranges.Count == MaxRanges)
            {
                ranges.RemoveAt(0);
            }

            ranges.Add((start, end));
        }
    }

    /// <summary>Everything is to be verified again.</summary>
    public void Clear()
    {
        lock (gate)
        {
            ranges.Clear();
        }
    }
}
