using GoQueue.Broker.Replication;
using GoQueue.Broker.Replication.Following;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Partitions;
using GoQueue.Replication;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>
/// The replica's roles: what the metadata says makes this loop lead, follow or neither. The replica itself is guarded by a gate of its own, so that
/// a follower's report advances the high watermark and answers publishers at once, not after the flush that the turn may be in.
/// </summary>
internal sealed partial class PartitionLoop
{
    private const int NotSaid = -1;

    private readonly Lock replicaGate = new();
    private readonly LogEpochs epochs;
    private readonly BrokerReplication replication;
    private readonly LeaderEpoch epochAtOpen; // of an earlier life of this process: not to be led again
    private volatile IReplicaWatcher[] watchers = [];
    private Offset incomingStateAt = Offset.None; // a leader's snapshot waits for the log to come so far
    private Offset keptIncomingAt = Offset.None; // it is folded in, and stays until a snapshot of our own is committed
    private int damageSaidIn = NotSaid; // under the gate: the round in which the leader is told
    private bool isCutting; // under the gate: the log's epochs and its end do not fit together at the moment
    private bool hasFetched; // something was appended in this turn that a leader sent

    // Published under the gate, read anywhere.
    private int leadingEpoch = LeaderEpoch.None.Value;
    private long servableEnd;
    private volatile bool knowsEnd;
    private volatile bool isFollowing;
    private volatile bool isInSync; // as far as the metadata is known here; readers of a follower leave it when it is not
    private volatile NodeIdBox? leader;
    private volatile PartitionView? viewWithoutRoom;

    /// <summary>Monotonic time, for the replica.</summary>
    private TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>Everything a follower may be sent: appended, not necessarily durable here.</summary>
    public Offset ServableEnd => new(Volatile.Read(ref servableEnd));

    public LeaderEpoch LeadingEpoch => new(Volatile.Read(ref leadingEpoch));

    public bool IsFollowing => isFollowing;

    /// <summary>The leadership this replica follows; null when it does not.</summary>
    public LeaderEpoch? FollowedEpoch
    {
        get
        {
            lock (replicaGate)
            {
                return replica.Role == ReplicaRole.Follower ? replica.Epoch : null;
            }
        }
    }

    /// <summary>What the metadata says now, taken up in a turn. Completes when this replica acts on it.</summary>
    /// <param name="view">Of the partition; older ones than the one known are passed over.</param>
    /// <param name="changed">Null: as before.</param>
    public Task ApplyAsync(PartitionView view, PartitionLoopOptions? changed) => InTurnAsync(() =>
    {
        if (changed is not null && changed != options)
        {
            UseOptions(changed);
        }

        TakeViewIfThereIsRoom(view);
    });

    /// <summary>A follower asks; any thread.</summary>
    /// <param name="marks">What the leader has to say of itself after it.</param>
    public FetchVerdict Fetched(NodeId follower, BrokerEpoch brokerEpoch, in FetchPosition position, out LeaderMarks marks)
    {
        FetchVerdict verdict;
        bool hasProposal;
        lock (replicaGate)
        {
            verdict = replica.Fetched(follower, brokerEpoch, position, partitionLog.StartOffset, epochs, Now);
            if (verdict.HasMovedHighWatermark)
            {
                PublishHighWatermark();
                AnswerCommitted();
            }

            marks = MarksUnderGate();
            hasProposal = replica.HasProposal;
        }

        if (verdict.HasMovedHighWatermark)
        {
            HighWatermarkMoved();
        }

        if (hasProposal)
        {
            replication.Proposes(this);
        }

        return verdict;
    }

    /// <summary>What a leader tells its followers with every answer. Any thread.</summary>
    public LeaderMarks Marks()
    {
        lock (replicaGate)
        {
            return MarksUnderGate();
        }
    }

    private LeaderMarks MarksUnderGate() => new(replica.HighWatermark, partitionLog.StartOffset, replica.PromisedStart, replica.LogStart);

    /// <summary>Time went by; any thread.</summary>
    public void Tick()
    {
        RetryViewWithoutRoom();
        bool moved;
        bool hasProposal;
        lock (replicaGate)
        {
            moved = replica.Tick(Now);
            if (moved)
            {
                PublishHighWatermark();
                AnswerCommitted();
            }

            if (replica.Role == ReplicaRole.Leader && awaitingCommit.Count > 0 && replica.LacksCaughtUp(Now))
            {
                FailAwaiting(PublishReceipt.Refused(ErrorCode.NotEnoughReplicasAfterAppend, $"of {replica.InSyncReplicas} in-sync replicas of partition {Partition} fewer than {replica.View.EffectiveMinInSync} follow"), onlyAcksAll: true);
            }

            hasProposal = replica.HasProposal;
        }

        if (moved)
        {
            HighWatermarkMoved();
        }

        if (hasProposal)
        {
            replication.Proposes(this);
        }
    }

    public InSyncProposal? TakeProposal()
    {
        lock (replicaGate)
        {
            return replica.TakeProposal();
        }
    }

    public void ProposalEnded(InSyncProposal proposal, ProposalOutcome outcome)
    {
        bool moved;
        lock (replicaGate)
        {
            moved = replica.ProposalEnded(proposal, outcome, Now);
            if (moved)
            {
                PublishHighWatermark();
                AnswerCommitted();
            }
        }

        if (moved)
        {
            HighWatermarkMoved();
        }
    }

    /// <summary>What to ask the leader next; null when this replica does not follow it, or has not flushed yet what it got. Any thread.</summary>
    /// <param name="from">Who is asked: a fetcher that this replica has just left must not begin a round, because the answer to the true leader's would be ignored then.</param>
    public FetchPosition? NextFetch(NodeId from)
    {
        lock (replicaGate)
        {
            bool mayAsk = replica.Role == ReplicaRole.Follower && replica.View.Leader == from && replica.LogEnd == replica.DurableEnd && !isCutting;
            if (!mayAsk)
            {
                return null;
            }

            FetchPosition next = replica.NextFetch(partitionLog.StartOffset, epochs) with { IsStuck = diskWasFull, IsDamaged = IsDamaged };
            damageSaidIn = next.IsDamaged ? next.Round : NotSaid;
            return next;
        }
    }

    /// <summary>The leader's answer. Takes over the run.</summary>
    public void Deliver(FetchAnswer answer, FetchedRun? run) => Post(() => ApplyFetched(answer, run));

    public void Watch(IReplicaWatcher watcher)
    {
        lock (replicaGate)
        {
            watchers = [.. watchers, watcher];
        }
    }

    public void Unwatch(IReplicaWatcher watcher)
    {
        lock (replicaGate)
        {
            watchers = Array.FindAll(watchers, other => !ReferenceEquals(other, watcher));
        }
    }

    /// <summary>For metrics; any thread.</summary>
    public ReplicaFigures Figures()
    {
        lock (replicaGate)
        {
            bool leads = replica.Role == ReplicaRole.Leader;
            return new ReplicaFigures(leads, leads && replica.IsUnderReplicated, leads && !replica.HasEnoughInSync, leads ? replica.InSyncReplicas : 0, leads ? replica.LargestLag() : 0);
        }
    }

    /// <summary>Under the gate.</summary>
    private void FailAwaiting(in PublishReceipt receipt, bool onlyAcksAll)
    {
        while (awaitingCommit.TryDequeue(out PublishOperation? operation))
        {
            operation.Complete(receipt);
        }

        while (!onlyAcksAll && awaitingFlush.TryDequeue(out PublishOperation? operation))
        {
            operation.Complete(receipt);
        }
    }

    /// <summary>Under the gate.</summary>
    private void PublishHighWatermark()
    {
        Volatile.Write(ref highWatermark, replica.ReadableEnd.Value);
        Volatile.Write(ref logStart, replica.LogStart.Value);
        knowsEnd = replica.Role == ReplicaRole.Leader && replica.KnowsEnd;
        knowsStart = replica.KnowsStart;
    }

    /// <summary>Outside the gate: wakes readers and followers. Also when the start moved, or what the leader promises of it.</summary>
    private void HighWatermarkMoved()
    {
        Interlocked.MemoryBarrier();
        committed.Advanced(HighWatermark);
        foreach (IReplicaWatcher watcher in watchers)
        {
            watcher.HighWatermarkMoved();
        }
    }

    private sealed record NodeIdBox(NodeId Node);
}
