using System.Collections.Immutable;

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
