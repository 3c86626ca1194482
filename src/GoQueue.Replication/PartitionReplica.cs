using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>
/// The pure protocol state of one replica of one partition: who leads, what counts as held, and the high watermark that follows from it.
/// Takes facts (the log advanced, a leadership began) and answers decisions; it reads no clock and does no I/O.
/// </summary>
/// <remarks>
/// With one replica the in-sync set is this node alone, so the high watermark is its own durable end (semantics R1, R3).
/// Invariants: the high watermark never decreases under one leadership (R7) and never passes the durable end of any in-sync replica.
/// </remarks>
public sealed class PartitionReplica(NodeId self)
{
    /// <summary>This node.</summary>
    public NodeId Self { get; } = self;

    /// <summary>Epoch of the current leadership; none before the first.</summary>
    public LeaderEpoch Epoch { get; private set; } = LeaderEpoch.None;

    /// <summary>Everything below is committed: held by every in-sync replica, readable, never lost.</summary>
    public Offset HighWatermark { get; private set; } = Offset.Zero;

    /// <summary>Everything below is held by this replica as its flush mode demands.</summary>
    public Offset DurableEnd { get; private set; } = Offset.Zero;

    /// <summary>Replicas that hold everything below the high watermark.</summary>
    public int InSyncReplicas => 1;

    /// <summary>Starts a leadership of this node over a log whose content up to <paramref name="durableEnd"/> is durable here.</summary>
    public void BecomeLeader(LeaderEpoch epoch, Offset durableEnd)
    {
        Invariant.Check(epoch >= Epoch, "a leadership never has an older epoch than the one before", Epoch.Value, epoch.Value);
        Epoch = epoch;
        DurableEnd = durableEnd;
        AdvanceHighWatermark();
    }

    /// <summary>The leader's own log is durable up to <paramref name="durableEnd"/>. True when the high watermark moved.</summary>
    public bool LogBecameDurable(Offset durableEnd)
    {
        Invariant.Check(durableEnd >= DurableEnd, "what is durable stays durable", DurableEnd.Value, durableEnd.Value);
        DurableEnd = durableEnd;
        return AdvanceHighWatermark();
    }

    private bool AdvanceHighWatermark()
    {
        if (DurableEnd <= HighWatermark)
        {
            return false;
        }

        HighWatermark = DurableEnd;
        return true;
    }
}
