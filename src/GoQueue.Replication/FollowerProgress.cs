using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>What a leader knows of one follower. Made anew with every leadership: what counted under an older one proves nothing here.</summary>
internal sealed class FollowerProgress(NodeId node)
{
    private TimeSpan lastFetchAt;
    private Offset leaderEndAtLastFetch = Offset.None;

    public NodeId Node { get; } = node;

    /// <summary>As the committed metadata says.</summary>
    public ReplicaView View { get; set; }

    /// <summary>Registration under which it fetched last; none before its first fetch.</summary>
    public BrokerEpoch BrokerEpoch { get; private set; }

    /// <summary>Everything below is on its device. None before its first fetch under this leadership and registration.</summary>
    public Offset DurableEnd { get; private set; } = Offset.None;

    /// <summary>The start that it promises not to go behind (ADR 0017). None before its first fetch under this leadership and registration.</summary>
    public Offset PromisedStart { get; private set; } = Offset.None;

    /// <summary>The last moment at which it held all the leader had; null when never.</summary>
    public TimeSpan? CaughtUpAt { get; set; }

    /// <summary>It says that it cannot append: what it lacks it will not get soon, however recently it was level.</summary>
    public bool IsStuck { get; set; }

    /// <summary>Where it stood at its first fetch, and when that was: what it took since says how fast it catches up.</summary>
    public (Offset End, TimeSpan At)? First { get; private set; }

    public void Fetched(Offset fetchOffset, Offset promisedStart, BrokerEpoch brokerEpoch, Offset leaderEnd, TimeSpan now)
    {
        if (fetchOffset >= leaderEnd)
        {
            CaughtUpAt = now;
        }
        else if (!leaderEndAtLastFetch.IsNone && fetchOffset >= leaderEndAtLastFetch)
        {
            // It now has everything there was when it asked last: it was level at that moment, though never level with a moving end.
            CaughtUpAt = CaughtUpAt > lastFetchAt ? CaughtUpAt : lastFetchAt;
        }

        First ??= (fetchOffset, now);
        lastFetchAt = now;
        leaderEndAtLastFetch = leaderEnd;
        DurableEnd = fetchOffset;
        PromisedStart = promisedStart;
        BrokerEpoch = brokerEpoch;
    }

    /// <summary>It registered anew: its disk may be another one, so nothing it proved before counts.</summary>
    public void Forget()
    {
        DurableEnd = Offset.None;
        PromisedStart = Offset.None;
        leaderEndAtLastFetch = Offset.None;
        BrokerEpoch = BrokerEpoch.None;
        First = null;
        CaughtUpAt = null;
        IsStuck = false;
    }
}
