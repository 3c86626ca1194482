using GoQueue.Core;

namespace GoQueue.Replication;

/// <content>Following: what to ask the leader, and what to do with its answer (E2, E4, E6).</content>
public sealed partial class PartitionReplica
{
    private Offset leaderHighWatermark = Offset.None;
    private bool hasTruncatedOnce;
    private int round; // of the newest question
    private bool isAnswerWanted; // false once the log moved on: a late or repeated answer speaks of a position that is gone

    /// <summary>
    /// Follows the leader that the metadata names. E2: nothing is cut here; only the leader's answer to the first fetch shows whether this log
    /// is a part of the leader's. The answer "cut at" other than none exists for the deliberate bug alone.
    /// </summary>
    public FollowerStep BecomeFollower(PartitionView view)
    {
        Invariant.Check(view.Leader is { } leader && leader != Self, "a follower has another node for its leader");
        bool isNew = view.LeaderEpoch > Epoch || Role != ReplicaRole.Follower;
        Take(view);
        Role = ReplicaRole.Follower;
        ForgetProposal();
        followers = [];
        if (!isNew)
        {
            return FollowerStep.Of(FollowerMove.Append);
        }

        leaderHighWatermark = Offset.None;
        leaderPromise = Offset.None;
        hasTruncatedOnce = false;
        isAnswerWanted = false;
        return options.Has(DeliberateBugs.TruncateToHighWatermark) && HighWatermark < LogEnd
            ? new FollowerStep(FollowerMove.Truncate, HighWatermark, IsBelowHighWatermark: false)
            : FollowerStep.Of(FollowerMove.Append);
    }

    /// <summary>What to fetch next. Everything appended is durable by then: the fetch offset is what the leader counts.</summary>
    /// <param name="logStart">First offset of this replica's log.</param>
    /// <param name="own">Of this replica's log.</param>
    public FetchPosition NextFetch(Offset logStart, IEpochHistory own)
    {
        Invariant.Check(Role == ReplicaRole.Follower, "only a follower fetches");
        Invariant.Check(LogEnd == DurableEnd, "a follower asks from its durable end", LogEnd.Value, DurableEnd.Value);
        bool isBlind = (options.Has(DeliberateBugs.OneRoundOfEpochTruncation) && hasTruncatedOnce) || options.Has(DeliberateBugs.TruncateToHighWatermark);
        LeaderEpoch last = isBlind || LogEnd <= logStart ? LeaderEpoch.None : own.EpochAt(new Offset(LogEnd.Value - 1));
        isAnswerWanted = true;
        return new FetchPosition(Epoch, LogEnd, last, PromisedStart, ++round);
    }

    /// <summary>The leader's answer. Data that came with it may be appended only after <see cref="FollowerMove.Append"/>.</summary>
    /// <param name="logStart">First offset of this replica's log.</param>
    /// <param name="own">Of this replica's log.</param>
    public FollowerStep Answered(in FetchAnswer answer, Offset logStart, IEpochHistory own)
    {
        if (Role != ReplicaRole.Follower || answer.LeaderEpoch != Epoch || answer.Round != round || !isAnswerWanted)
        {
            return FollowerStep.Of(FollowerMove.Ignore);
        }

        if (answer.Error != ErrorCode.None)
        {
            bool cannotGoOn = LogEnd < answer.LeaderLogStart || LogEnd <= logStart; // an empty log has nothing to lose by starting elsewhere
            return FollowerStep.Of(answer.Error == ErrorCode.OffsetOutOfRange && cannotGoOn ? FollowerMove.CatchUp : FollowerMove.Retry);
        }

        if (!answer.Diverging.IsUndefined)
        {
            return Diverged(answer.Diverging, logStart, own);
        }

        leaderHighWatermark = Offset.Max(leaderHighWatermark, answer.HighWatermark);
        HearStart(answer);
        return FollowerStep.Of(answer.OffersSegment ? FollowerMove.Ship : FollowerMove.Append);
    }

    /// <summary>The newest high watermark heard of has moved ours. Call it after <see cref="Answered"/> when there was nothing to append.</summary>
    public bool AdvanceAsFollower()
    {
        Offset candidate = Offset.Min(leaderHighWatermark, DurableEnd); // R7
        return !candidate.IsNone && Raise(candidate);
    }

    /// <summary>
    /// E4: cut to the end of this log's largest epoch that is not above the leader's, or to the leader's end of it if both know that epoch. The next
    /// fetch asks again; each round goes at least one epoch back, so it ends.
    /// </summary>
    private FollowerStep Diverged(EpochEnd leader, Offset logStart, IEpochHistory own)
    {
        EpochEnd mine = own.EndOffsetFor(leader.Epoch);
        bool isShared = mine.IsUndefined || mine.Epoch == leader.Epoch;
        Offset end = isShared ? Offset.Min(mine.IsUndefined ? LogEnd : mine.EndOffset, leader.EndOffset) : mine.EndOffset;
        if (options.Has(DeliberateBugs.OneRoundOfEpochTruncation))
        {
            end = leader.EndOffset;
        }

        end = Offset.Max(Offset.Min(end, LogEnd), logStart);
        hasTruncatedOnce = true;
        return new FollowerStep(FollowerMove.Truncate, end, IsBelowHighWatermark: end < HighWatermark);
    }
}
