using GoQueue.Core;

namespace GoQueue.Replication;

/// <content>
/// Where the partition begins (ADR 0017): the mirror of the high watermark. Each replica keeps a durable *promise*: "as a leader I tell no start below this". Only
/// a leader moves it by itself, by retention; a follower takes over its leader's as soon as everything below is committed to its knowledge. The start that a leader
/// tells is the smallest promise over the maximal in-sync set.
/// </content>
/// <remarks>
/// Why no start that was told goes back, but by an unclean election. Let T be the highest start that any leader ever knew. Everybody who may lead next, by the in-sync set or
/// the eligible replicas, has a promise of T or more:
/// 1. A start is raised only to the smallest promise of the maximal in-sync set, so of every set that may be committed now: members that a pending shrink would drop count,
///    those that a pending expansion would add count already. Promises do not go down.
/// 2. Below the minimum the start stands still, so those who leave the set then, and stay eligible, have promised it.
/// 3. Who joins has promised the start its leader tells, or, while the leader does not know it, what the leader itself has promised, which is T or more by this very rule.
/// 4. A leader that was deposed and does not know it hears no more promises than its followers gave before they left it for the next one: what it makes of them is no more than
///    what every member of the next in-sync set had promised then.
/// A new leader knows T when all of its maximal in-sync set have reported: the smallest of their promises is T or more, and becomes T. Or at once, when what it
/// last heard of the start, which is at most T, is its own promise, which is at least T: that is how it is between two moves of the start. Until then it tells no start.
/// A promise is made only for what is committed, so it is never above a log's durable end, and no clean truncation touches it.
/// </remarks>
public sealed partial class PartitionReplica
{
    private Offset leaderPromise = Offset.None;
    private bool knowsStart;

    /// <summary>As a leader this replica tells no start below it; durable. At least the first offset of its log, at most the high watermark.</summary>
    public Offset PromisedStart { get; private set; } = Offset.Zero;

    /// <summary>Where the partition begins: a leader that <see cref="KnowsStart"/> tells it; else the last that was heard of it, and it is there or higher.</summary>
    public Offset LogStart { get; private set; } = Offset.Zero;

    /// <summary>A leader that may tell <see cref="LogStart"/>, because no leader before it told a higher one.</summary>
    public bool KnowsStart => Role == ReplicaRole.Leader && knowsStart;

    /// <summary>Follower: what it is to promise now, durably, and then to say with <see cref="PromiseStart"/>; none when there is nothing to do.</summary>
    public Offset DuePromise => Role == ReplicaRole.Follower && leaderPromise > PromisedStart && leaderPromise <= HighWatermark ? leaderPromise : Offset.None;

    /// <summary>What a follower must have promised to join the in-sync set.</summary>
    private Offset LeastPromise => knowsStart ? LogStart : PromisedStart;

    /// <summary>The promise is durable: by retention at a leader, as <see cref="DuePromise"/> at a follower. A lower one changes nothing. True when the start moved.</summary>
    public bool PromiseStart(Offset start)
    {
        Invariant.Check(start <= HighWatermark, "only what is committed is retired", HighWatermark.Value, start.Value);
        PromisedStart = Offset.Max(PromisedStart, start);
        return Role == ReplicaRole.Leader && AdvanceStart();
    }

    private void HearStart(in FetchAnswer answer)
    {
        leaderPromise = Offset.Max(leaderPromise, answer.PromisedStart);
        LogStart = Offset.Max(LogStart, answer.LogStart);
    }

    /// <summary>A leadership begins. After an unclean election the log may end before what was heard of its start.</summary>
    private void BeginToTellStart()
    {
        LogStart = Offset.Min(LogStart, LogEnd);
        knowsStart = LogStart >= PromisedStart;
    }

    private bool AdvanceStart()
    {
        if (options.Has(DeliberateBugs.TellOwnStart))
        {
            knowsStart = true;
            return RaiseStart(PromisedStart);
        }

        if (!HasEnoughInSync)
        {
            return false;
        }

        Offset candidate = PromisedStart;
        foreach (FollowerProgress follower in followers)
        {
            if (follower.PromisedStart < candidate && (follower.View.IsInSync || joining == follower.Node))
            {
                candidate = follower.PromisedStart;
            }
        }

        if (candidate.IsNone)
        {
            return false; // not all have reported
        }

        bool isNews = !knowsStart;
        knowsStart = true;
        return RaiseStart(candidate) || isNews;
    }

    private bool RaiseStart(Offset candidate)
    {
        if (candidate <= LogStart)
        {
            return false;
        }

        LogStart = candidate;
        return true;
    }
}
