using GoQueue.Core;

namespace GoQueue.Replication;

/// <content>Leading: progress of the followers, the high watermark, who may read what.</content>
public sealed partial class PartitionReplica
{
    private FollowerProgress[] followers = [];
    private int committedInSync = 1;
    private int minInSync = 1;

    /// <summary>Where this leadership began; everything below is of older ones.</summary>
    public Offset EpochStart { get; private set; } = Offset.Zero;

    /// <summary>Members of the committed in-sync set.</summary>
    public int InSyncReplicas => committedInSync;

    /// <summary>R2, R10: while false nothing is committed and acks all is refused before the append.</summary>
    public bool HasEnoughInSync => committedInSync >= minInSync;

    /// <summary>
    /// Fewer members of the in-sync set than demanded are still caught up. The metadata says so soon after (R9), or never while its quorum is gone:
    /// acks all is refused before the append all the same, and what was appended is answered as unknown, instead of waiting for replicas that are not there.
    /// </summary>
    public bool LacksCaughtUp(TimeSpan now)
    {
        int caughtUp = 1;
        foreach (FollowerProgress follower in followers)
        {
            caughtUp += follower.View.IsInSync && IsCaughtUp(follower, now) ? 1 : 0;
        }

        return caughtUp < minInSync;
    }

    /// <summary>
    /// R8: false until this leader knows that everything exposed by the leaders before it is committed again. Until then the end of the partition
    /// and look-ups by time answer "offset not available", so that nobody sees the end go backwards.
    /// </summary>
    public bool KnowsEnd => HighWatermark >= EpochStart;

    /// <summary>Some replica is not in sync.</summary>
    public bool IsUnderReplicated => Role == ReplicaRole.Leader && committedInSync < View.Replicas.Count;

    /// <summary>How far a follower is; null when this node does not lead, or has no such follower.</summary>
    public CatchUpPosition? CatchUpOf(NodeId node, TimeSpan now) => Role == ReplicaRole.Leader && Find(node) is { } follower
        ? new CatchUpPosition(follower.DurableEnd, follower.First?.End ?? Offset.None, now - (follower.First?.At ?? now))
        : null;

    /// <summary>
    /// Begins a leadership of this node, also when it led before under an older epoch. E5: the caller has noted the new epoch at the end of its log
    /// already. True when the high watermark or the start moved.
    /// </summary>
    public bool BecomeLeader(PartitionView view, Offset logEnd, Offset durableEnd, TimeSpan now)
    {
        Invariant.Check(view.Leader == Self, "a node leads what the metadata says it leads");
        Invariant.Check(view.LeaderEpoch > Epoch || Role == ReplicaRole.None, "each leadership has an epoch of its own (E1)");
        Take(view);
        Role = ReplicaRole.Leader;
        LogEnd = logEnd;
        DurableEnd = durableEnd;
        EpochStart = logEnd;
        ForgetProposal();
        askNotBefore = TimeSpan.MinValue;
        followers = [];
        FollowView(now);
        BeginToTellStart();
        foreach (FollowerProgress follower in followers)
        {
            // Members of the in-sync set get one window to report; the others have to prove themselves first.
            follower.CaughtUpAt = follower.View.IsInSync ? now : null;
        }

        return AdvanceAsLeader(now);
    }

    /// <summary>
    /// Another committed change under the same leadership: in-sync set, replicas, registrations, minimum. True when the high watermark or the start moved.
    /// </summary>
    public bool ViewChanged(PartitionView view, TimeSpan now)
    {
        Invariant.Check(Role == ReplicaRole.Leader && view.LeaderEpoch == Epoch && view.Leader == Self, "the leadership goes on");
        bool isDecided = view.PartitionEpoch > View.PartitionEpoch;
        Take(view);
        if (isDecided)
        {
            ForgetProposal(); // committed, or void because its base is gone (R6)
        }

        FollowView(now);
        return AdvanceAsLeader(now);
    }

    /// <summary>
    /// A follower asks for data. Its position is proof of what it holds durably, so this may advance the high watermark and lead to a
    /// proposal to take it into the in-sync set.
    /// </summary>
    /// <param name="brokerEpoch">Registration under which it fetches.</param>
    /// <param name="logStart">First offset of this leader's log.</param>
    /// <param name="epochs">Of this leader's log.</param>
    public FetchVerdict Fetched(NodeId node, BrokerEpoch brokerEpoch, in FetchPosition position, Offset logStart, IEpochHistory epochs, TimeSpan now)
    {
        if (Role != ReplicaRole.Leader)
        {
            return FetchVerdict.Refused(ErrorCode.NotLeader);
        }

        if (position.LeaderEpoch != Epoch)
        {
            return FetchVerdict.Refused(position.LeaderEpoch < Epoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch);
        }

        FollowerProgress? follower = Find(node);
        if (follower is null)
        {
            return FetchVerdict.Refused(ErrorCode.UnknownLeaderEpoch); // added by a change that has not come here yet, or removed by one
        }

        if (brokerEpoch < follower.BrokerEpoch || (brokerEpoch < follower.View.BrokerEpoch && !options.Has(DeliberateBugs.CountStaleBrokerEpoch)))
        {
            return FetchVerdict.Refused(ErrorCode.StaleBrokerEpoch);
        }

        if (position.IsDamaged)
        {
            follower.IsStuck = true; // MayJoin: not before it comes undamaged
            ProposeShrink(now);
            return FetchVerdict.Refused(ErrorCode.CorruptLog);
        }

        if (position.LastEpoch != LeaderEpoch.None)
        {
            EpochEnd end = epochs.EndOffsetFor(position.LastEpoch);
            if (end.IsUndefined)
            {
                return FetchVerdict.Refused(ErrorCode.OffsetOutOfRange);
            }

            if (end.Epoch < position.LastEpoch || end.EndOffset < position.FetchOffset)
            {
                return FetchVerdict.Diverges(end); // E6
            }
        }

        if (position.FetchOffset < logStart || position.FetchOffset > LogEnd)
        {
            return FetchVerdict.Refused(ErrorCode.OffsetOutOfRange);
        }

        follower.IsStuck = position.IsStuck;
        follower.Fetched(position.FetchOffset, position.PromisedStart, brokerEpoch, LogEnd, now);
        if (follower.IsStuck)
        {
            ProposeShrink(now); // R9 on evidence: acknowledgements need not wait for the window
        }
        else
        {
            ProposeExpansion(follower, now);
        }

        return FetchVerdict.Served(AdvanceAsLeader(now));
    }

    /// <summary>Time went by: drops followers that fell behind (R9), takes in those that are level, repeats proposals without an answer. True when the high watermark or the start moved.</summary>
    public bool Tick(TimeSpan now)
    {
        if (Role != ReplicaRole.Leader || followers.Length == 0)
        {
            return false;
        }

        RepeatProposal(now);
        ProposeShrink(now);
        ProposeLevel(now);
        return AdvanceAsLeader(now); // a replica that held it back by R4 may have fallen behind
    }

    /// <summary>
    /// In-sync replicas, this one included, that hold everything below <paramref name="offset"/> durably. Below the high watermark that is all of them,
    /// also those that a new leader has not heard of yet: else the repeat of a committed batch would be answered as if nobody else had it.
    /// </summary>
    public int CountHolding(Offset offset)
    {
        if (offset <= HighWatermark)
        {
            return committedInSync;
        }

        int count = DurableEnd >= offset ? 1 : 0;
        foreach (FollowerProgress follower in followers)
        {
            count += follower.View.IsInSync && follower.DurableEnd >= offset ? 1 : 0;
        }

        return count;
    }

    /// <summary>Records that the in-sync follower farthest behind still lacks; 0 without followers.</summary>
    public long LargestLag()
    {
        long lag = 0;
        foreach (FollowerProgress follower in followers)
        {
            lag = Math.Max(lag, LogEnd - Offset.Max(follower.DurableEnd, Offset.Zero));
        }

        return lag;
    }

    private FollowerProgress? Find(NodeId node)
    {
        foreach (FollowerProgress follower in followers)
        {
            if (follower.Node == node)
            {
                return follower;
            }
        }

        return null;
    }

    /// <summary>Keeps the progress of followers that stay, in the order of the replica list.</summary>
    private void FollowView(TimeSpan now)
    {
        List<FollowerProgress> next = new(View.Replicas.Count);
        for (int index = 0; index < View.Replicas.Count; index++)
        {
            ReplicaView replica = View.Replicas[index];
            if (replica.Node == Self)
            {
                continue;
            }

            FollowerProgress follower = Find(replica.Node) ?? new FollowerProgress(replica.Node);
            if (!follower.BrokerEpoch.IsNone && replica.BrokerEpoch > follower.BrokerEpoch && !options.Has(DeliberateBugs.CountStaleBrokerEpoch))
            {
                follower.Forget();
                follower.CaughtUpAt = replica.IsInSync ? now : null;
            }
            else if (replica.IsInSync && !follower.View.IsInSync)
            {
                follower.CaughtUpAt ??= now;
            }

            follower.View = replica;
            next.Add(follower);
        }

        followers = [.. next];
        committedInSync = View.InSyncCount;
        minInSync = View.EffectiveMinInSync;
    }

    /// <summary>True when the high watermark or the start moved.</summary>
    private bool AdvanceAsLeader(TimeSpan now)
    {
        bool hasMovedStart = AdvanceStart();
        return RaiseAsLeader(now) || hasMovedStart;
    }

    /// <summary>
    /// R3: the smallest durable end over the maximal in-sync set. Members that a pending shrink would drop still count, those that a pending
    /// expansion would add count already, so this is never computed over a smaller set than an election may use. R2: not at all below the minimum.
    /// </summary>
    private bool RaiseAsLeader(TimeSpan now)
    {
        if (options.Has(DeliberateBugs.AckBeforeReplication))
        {
            return Count(DurableEnd);
        }

        if (!HasEnoughInSync)
        {
            return false;
        }

        Offset candidate = DurableEnd;
        foreach (FollowerProgress follower in followers)
        {
            if (follower.DurableEnd < candidate && HoldsBack(follower, now))
            {
                candidate = follower.DurableEnd;
            }
        }

        return Count(candidate);
    }

    private bool Count(Offset candidate)
    {
        bool isMore = Raise(candidate);
        LastCount = isMore ? new CommitCount(View, candidate) : LastCount;
        return isMore;
    }

    /// <summary>R3 and R4: a caught-up replica that may join soon is waited for as well, or it would chase a moving target for ever.</summary>
    private bool HoldsBack(FollowerProgress follower, TimeSpan now) =>
        follower.View.IsInSync
        || joining == follower.Node
        || (MayJoin(follower) && IsCaughtUp(follower, now));

    private bool IsCaughtUp(FollowerProgress follower, TimeSpan now)
    {
        bool isFar = options.MaxLagRecords is { } most && LogEnd - follower.DurableEnd > most;
        bool isLevel = follower.DurableEnd >= LogEnd;
        bool wasLevel = follower.CaughtUpAt is { } at && now - at <= options.MaxLag;
        return isLevel || (wasLevel && !isFar && !follower.IsStuck);
    }
}
