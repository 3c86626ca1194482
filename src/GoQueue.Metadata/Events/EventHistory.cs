using System.Collections.Immutable;
using GoQueue.Core;

namespace GoQueue.Metadata.Events;

/// <summary>The newest events, oldest first, and how many there ever were. Immutable; adding costs the same however long it is.</summary>
internal sealed class EventHistory
{
    /// <summary>Events kept; older ones stand in the logs of the nodes.</summary>
    public const int MaxEvents = 1000;

    public static readonly EventHistory Empty = new([], 0);

    private readonly ImmutableList<ClusterEvent> newest;

    private EventHistory(ImmutableList<ClusterEvent> newest, long total)
    {
        this.newest = newest;
        Total = total;
    }

    public IReadOnlyList<ClusterEvent> Newest => newest;

    public long Total { get; }

    public static EventHistory From(IEnumerable<ClusterEvent> newest, long total) => new([.. newest], total);

    /// <summary>
    /// The event of the election under which this leadership began, its range widened by this one; the same history when it holds it already. Null when no such event is
    /// kept.
    /// </summary>
    public EventHistory? WithLoss(TopicPartition partition, LeaderEpoch leaderEpoch, OffsetRange range, out ClusterEvent? amended)
    {
        int index = newest.FindLastIndex(each => each.Partition == partition && each.LeaderEpoch == leaderEpoch && each.IsElection);
        amended = index < 0 ? null : newest[index];
        if (amended is null)
        {
            return null;
        }

        OffsetRange known = amended.AtRisk ?? range;
        OffsetRange both = new(Offset.Min(known.First, range.First), Offset.Max(known.End, range.End));
        if (amended.AtRisk == both)
        {
            return this;
        }

        amended = amended with { AtRisk = both };
        return new EventHistory(newest.SetItem(index, amended), Total);
    }

    public EventHistory With(IReadOnlyCollection<ClusterEvent> more)
    {
        if (more.Count == 0)
        {
            return this;
        }

        ImmutableList<ClusterEvent> all = newest.AddRange(more);
        int excess = all.Count - MaxEvents;
        return new EventHistory(excess > 0 ? all.RemoveRange(0, excess) : all, Total + more.Count);
    }
}
