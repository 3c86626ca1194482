using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>
/// The replica protocol of one replica of one partition: who leads, what counts as held, the high watermark that follows from it, and what a
/// follower does with its leader's answers. Pure: facts come in (a log end, a fetch, an answer, a committed change of the metadata, a monotonic
/// time), decisions come out; it owns no log and reads no clock. One caller at a time.
/// </summary>
/// <remarks>
/// <code>
/// role      enters by                                      in it
/// None      construction, Stop                             nothing is served
/// Leader    BecomeLeader(view), a higher leader epoch      LogAppended, LogBecameDurable, Fetched, ViewChanged, Tick, proposals
/// Follower  BecomeFollower(view), a higher leader epoch    NextFetch, Answered, LogAppended, LogBecameDurable
/// </code>
/// Invariants: the high watermark never decreases but for a truncation below it, which only an unclean election brings about (R7); it never
/// passes what a member of the maximal in-sync set holds durably (R3), nor this replica's own durable end; leader epochs never go back (E1); the
/// start that a leader tells is promised by everybody who may lead after it (ADR 0017).
/// </remarks>
public sealed partial class PartitionReplica(NodeId self, ReplicaOptions options)
{
    public NodeId Self { get; } = self;

    public ReplicaRole Role { get; private set; }

    /// <summary>The committed metadata it acts on.</summary>
    public PartitionView View { get; private set; } = PartitionView.Unknown;

    /// <summary>Epoch of the leadership it leads or follows; none before the first.</summary>
    public LeaderEpoch Epoch => View.LeaderEpoch;

    /// <summary>Everything below is committed: held by every in-sync replica, readable, never lost.</summary>
    public Offset HighWatermark { get; private set; } = Offset.Zero;

    /// <summary>
    /// What this replica counted last while it led. It outlives the leadership: one turn may count, answer for it, and end the leadership, and then the role no longer
    /// tells that this was counted and not heard of.
    /// </summary>
    internal CommitCount LastCount { get; private set; } = new(PartitionView.Unknown, Offset.Zero);

    /// <summary>Everything below is held by this replica as its flush mode demands (reliability.md section 6, rule 1).</summary>
    public Offset DurableEnd { get; private set; } = Offset.Zero;

    /// <summary>The offset of the next record in this replica's log.</summary>
    public Offset LogEnd { get; private set; } = Offset.Zero;

    /// <summary>R1: readers see what is below it.</summary>
    public Offset ReadableEnd => options.Has(DeliberateBugs.ServeAboveHighWatermark) ? LogEnd : HighWatermark;

    /// <summary>Neither leads nor follows from now on: the partition is offline, or no longer of this node.</summary>
    public void Stop(PartitionView view)
    {
        Take(view);
        Role = ReplicaRole.None;
        ForgetProposal();
        followers = [];
    }

    /// <summary>The log grew; what is new is not durable yet.</summary>
    public void LogAppended(Offset logEnd)
    {
        Invariant.Check(logEnd >= LogEnd, "a log grows between truncations", LogEnd.Value, logEnd.Value);
        isAnswerWanted &= logEnd == LogEnd;
        LogEnd = logEnd;
    }

    /// <summary>The log is durable up to <paramref name="durableEnd"/>. True when the high watermark or the start moved.</summary>
    public bool LogBecameDurable(Offset durableEnd, TimeSpan now)
    {
        Invariant.Check(durableEnd >= DurableEnd, "what is durable stays durable", DurableEnd.Value, durableEnd.Value);
        DurableEnd = durableEnd;
        LogEnd = Offset.Max(LogEnd, durableEnd);
        return Role == ReplicaRole.Leader ? AdvanceAsLeader(now) : AdvanceAsFollower();
    }

    /// <summary>The log was cut, by <see cref="FollowerMove.Truncate"/>, or was emptied to begin at another offset. All of what is left is durable.</summary>
    public void LogWasCut(Offset end)
    {
        Invariant.Check(Role != ReplicaRole.Leader, "a leader never cuts its log");
        isAnswerWanted = false;
        LogEnd = end;
        DurableEnd = end;
        HighWatermark = Offset.Min(HighWatermark, end);
        PromisedStart = Offset.Min(PromisedStart, end);
        LogStart = Offset.Min(LogStart, end);
    }

    /// <summary>The log was emptied and begins at <paramref name="start"/> now, where the leader's begins: everything before is committed and retired.</summary>
    public void LogStartsOver(Offset start)
    {
        LogWasCut(start);
        HighWatermark = start;
        PromisedStart = start;
        LogStart = start;
    }

    /// <summary>What the log holds when this replica is opened: durable, by the flush of its recovery. Retention takes only what is committed.</summary>
    /// <param name="committed">Everything below was noted to be committed; 0 when nothing was.</param>
    /// <param name="promisedStart">What this replica promised; only what is committed is promised. Counts as far as the log goes, and from its first offset on.</param>
    /// <param name="toldStart">Where the partition begins, as far as was noted.</param>
    public void Open(Offset logStart, Offset durableEnd, Offset committed, Offset promisedStart = default, Offset toldStart = default)
    {
        Invariant.Check(Role == ReplicaRole.None && LogEnd == Offset.Zero, "a replica is opened once, before it has a role");
        LogEnd = durableEnd;
        DurableEnd = durableEnd;
        HighWatermark = Offset.Max(logStart, Offset.Min(Offset.Max(committed, promisedStart), durableEnd));
        PromisedStart = Offset.Max(logStart, Offset.Min(promisedStart, durableEnd));
        LogStart = Offset.Max(logStart, Offset.Min(toldStart, durableEnd));
    }

    private void Take(PartitionView view)
    {
        Invariant.Check(view.LeaderEpoch >= Epoch, "a leadership never has an older epoch than the one before", Epoch.Value, view.LeaderEpoch.Value);
        Invariant.Check(view.PartitionEpoch >= View.PartitionEpoch, "partition epochs do not go back", View.PartitionEpoch.Value, view.PartitionEpoch.Value);
        View = view;
    }

    private bool Raise(Offset candidate)
    {
        Invariant.Check(candidate <= DurableEnd, "nothing is committed that this replica may lose", DurableEnd.Value, candidate.Value);
        if (candidate <= HighWatermark)
        {
            return false; // R7
        }

        HighWatermark = candidate;
        return true;
    }
}

/// <summary>What a replica is at the moment.</summary>
public enum ReplicaRole
{
    None = 0,
    Leader,
    Follower,
}
