namespace GoQueue.History.Report;

/// <summary>What the clients met, in bins of equal length.</summary>
public sealed record Timeline
{
    /// <summary>Length of a bin: a second, or more of a long run.</summary>
    public required TimeSpan Width { get; init; }

    /// <summary>From the start of the history on, without gaps.</summary>
    public required IReadOnlyList<TimelineBin> Bins { get; init; }

    /// <summary>Partitions that were written to, in order; <see cref="TimelineBin.Partitions"/> has a state for each. At most <see cref="TimelineBuilder.MaxPartitions"/>.</summary>
    public required IReadOnlyList<string> Partitions { get; init; }

    /// <summary>When the clients began and ended: what lies outside is start and final reads.</summary>
    public required TimeSpan WorkFrom { get; init; }

    public required TimeSpan WorkUntil { get; init; }

    /// <summary>Of all writes that were ok; null without any.</summary>
    public required Latencies? Writes { get; init; }

    /// <summary>Bins of the work in which a write was ended or waited for.</summary>
    public int AskedBins => Work.Count(static bin => bin.State != Availability.Idle);

    /// <summary>Share of them in which some write was ok; null when none was asked.</summary>
    public double? AvailableShare => AskedBins == 0 ? null : (double)Work.Count(static bin => bin.State is Availability.Up or Availability.Partly) / AskedBins;

    /// <summary>The longest time in which every bin had writes and none of them was ok.</summary>
    public TimeSpan LongestOutage
    {
        get
        {
            int longest = 0;
            int now = 0;
            foreach (TimelineBin bin in Work)
            {
                now = bin.State == Availability.Down ? now + 1 : 0;
                longest = Math.Max(longest, now);
            }

            return longest * Width;
        }
    }

    public IEnumerable<TimelineBin> Work => Bins.Skip((int)(WorkFrom / Width)).Take((int)Math.Ceiling(WorkUntil / Width) - (int)(WorkFrom / Width));
}

/// <summary>Milliseconds; quantiles are bounds of buckets, a quarter wide.</summary>
public sealed record Latencies(double P50, double P99, double Max);

/// <summary>How writing went.</summary>
public enum Availability : byte
{
    /// <summary>Nothing was asked.</summary>
    Idle,

    /// <summary>Asked, and nothing was ok.</summary>
    Down,

    /// <summary>Some were ok, and some were not.</summary>
    Partly,

    Up,
}

/// <summary>What ended in one stretch of time.</summary>
public sealed record TimelineBin
{
    public required long WritesOk { get; init; }

    public required long ReadsOk { get; init; }

    /// <summary>Of all operations: certainly refused.</summary>
    public required long Failed { get; init; }

    /// <summary>Of all operations: outcome unknown.</summary>
    public required long Unknown { get; init; }

    /// <summary>Of writes that were ok; null without any.</summary>
    public required Latencies? Latency { get; init; }

    /// <summary>Of all writes together.</summary>
    public required Availability State { get; init; }

    /// <summary>Of each partition.</summary>
    public required IReadOnlyList<Availability> Partitions { get; init; }
}
