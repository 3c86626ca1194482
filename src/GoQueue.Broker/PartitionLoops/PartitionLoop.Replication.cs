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
    private readonly Lock replicaGate = new();
    private readonly LogEpochs epochs;
    private readonly BrokerReplication replication;
    private readonly LeaderEpoch epochAtOpen; // of an earlier life of this process: not to be led again
    private volatile IReplicaWatcher[] watchers = [];
    private Offset incomingStateAt = Offset.None; // a leader's snapshot waits for the log to come so far
    private bool hasFetched; // something was appended in this turn that a leader sent

    // Published under the gate, read anywhere.
    private int leadingEpoch = LeaderEpoch.None.Value;
    private long servableEnd;
    private volatile bool knowsEnd;
    private volatile bool isFollowing;
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
    public FetchVerdict Fetched(NodeId follower, BrokerEpoch brokerEpoch, in FetchPosition position, out Offset highWatermarkNow, out Offset logStart)
    {
        FetchVerdict verdict;
        bool hasProposal;
        lock (replicaGate)
        {
            logStart = partitionLog.StartOffset;
            verdict = replica.Fetched(follower, brokerEpoch, position, logStart, epochs, Now);
            if (verdict.HasMovedHighWatermark)
            {
                PublishHighWatermark();
                AnswerCommitted();
            }

            highWatermarkNow = replica.HighWatermark;
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

    /// <summary>What to ask the leader next; null when this replica does not follow, or has not flushed yet what it got. Any thread.</summary>
    public FetchPosition? NextFetch()
    {
        lock (replicaGate)
        {
            return replica.Role == ReplicaRole.Follower && replica.LogEnd == replica.DurableEnd ? replica.NextFetch(partitionLog.StartOffset, epochs) : null;
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

    /// <summary>A new leadership is noted on the disk. Without room this replica waits, as if the change had not come yet; nothing of it is broken.</summary>
    private void TakeViewIfThereIsRoom(PartitionView view)
    {
        try
        {
            viewWithoutRoom = null;
            TakeView(view);
        }
        catch (DiskFullException full)
        {
            Log.DiskFull(log, full, Partition);
            BecomeNothing(view);
            viewWithoutRoom = view;
        }
    }

    /// <summary>Looks again whether there is room now. Any thread.</summary>
    private void RetryViewWithoutRoom()
    {
        if (viewWithoutRoom is not null)
        {
            Post(() =>
            {
                if (viewWithoutRoom is { } view)
                {
                    TakeViewIfThereIsRoom(view);
                }
            });
        }
    }

    private void TakeView(PartitionView view)
    {
        PartitionView known = replica.View;
        if (failed || closed || view.LeaderEpoch < known.LeaderEpoch || view.PartitionEpoch < known.PartitionEpoch)
        {
            return;
        }

        // An epoch that this log knows from an earlier life was led or followed then: what was appended under it and lost in a crash may be at
        // a follower, so it is never led twice (E1). The registration of this life raises it.
        bool mayLead = view.Replicas.Count == 1 || view.LeaderEpoch > epochAtOpen;
        bool isHere = view.Holds(replica.Self);
        if (view.Leader == replica.Self && mayLead)
        {
            if (replica.Role == ReplicaRole.Leader && view.LeaderEpoch == known.LeaderEpoch)
            {
                ChangeView(view);
            }
            else
            {
                BecomeLeader(view);
            }
        }
        else if (isHere && view.Leader is { } other && other != replica.Self)
        {
            BecomeFollower(view, other);
        }
        else
        {
            BecomeNothing(view);
        }
    }

    private void BecomeLeader(PartitionView view)
    {
        replication.Unfollow(this);
        isFollowing = false;
        partitionLog.Flush();
        if (partitionLog.Epochs.Latest < view.LeaderEpoch)
        {
            partitionLog.Epochs.Assign(view.LeaderEpoch, partitionLog.EndOffset); // E5
        }

        if (bugs.HasFlag(DeliberateBugs.ForgetProducerState))
        {
            state = new PartitionState();
        }

        bool moved;
        lock (replicaGate)
        {
            moved = replica.BecomeLeader(view, partitionLog.EndOffset, partitionLog.FlushedOffset, Now);
            leader = new NodeIdBox(replica.Self);
            PublishHighWatermark();
            Volatile.Write(ref servableEnd, partitionLog.EndOffset.Value);
            Volatile.Write(ref leadingEpoch, view.LeaderEpoch.Value);
            AnswerCommitted();
        }

        Lead(default);
        if (moved)
        {
            HighWatermarkMoved();
        }

        if (view.Replicas.Count > 1)
        {
            Log.BecameLeader(log, Partition, view.LeaderEpoch, partitionLog.EndOffset, view.InSyncCount);
        }
    }

    private void ChangeView(PartitionView view)
    {
        bool moved;
        lock (replicaGate)
        {
            int before = replica.InSyncReplicas;
            moved = replica.ViewChanged(view, Now);
            if (moved)
            {
                PublishHighWatermark();
            }

            knowsEnd = replica.KnowsEnd;
            AnswerCommitted();
            if (!replica.HasEnoughInSync)
            {
                // R10: written, and perhaps committed later; nobody can say when.
                FailAwaiting(PublishReceipt.Refused(ErrorCode.NotEnoughReplicasAfterAppend, $"{replica.InSyncReplicas} replicas of partition {Partition} are in sync, {view.EffectiveMinInSync} are demanded"), onlyAcksAll: true);
            }

            metrics.InSyncChanged(replica.InSyncReplicas - before);
        }

        if (moved)
        {
            HighWatermarkMoved();
        }
    }

    private void BecomeFollower(PartitionView view, NodeId other)
    {
        bool isNew = replica.Role != ReplicaRole.Follower || view.LeaderEpoch > replica.Epoch;
        if (!isNew)
        {
            lock (replicaGate)
            {
                replica.BecomeFollower(view);
            }

            return;
        }

        EndLeadership(other, view);
        partitionLog.Flush();
        FollowerStep step;
        lock (replicaGate)
        {
            replica.LogBecameDurable(DurableEnd(), Now);
            step = replica.BecomeFollower(view);
            PublishHighWatermark();
        }

        if (step.Move == FollowerMove.Truncate)
        {
            Truncate(step);
        }

        isFollowing = true;
        Log.BecameFollower(log, Partition, other, view.LeaderEpoch, partitionLog.EndOffset);
        replication.Follow(this, other);
    }

    private void BecomeNothing(PartitionView view)
    {
        EndLeadership(view.Leader, view);
        replication.Unfollow(this);
        isFollowing = false;
        lock (replicaGate)
        {
            replica.Stop(view);
        }
    }

    /// <summary>What waits may still be committed by the next leader: its outcome is unknown. Readers and followers look elsewhere.</summary>
    private void EndLeadership(NodeId? next, PartitionView view)
    {
        string where = next is { } node ? $"{node} leads it since epoch {view.LeaderEpoch}" : $"nobody leads it since epoch {view.LeaderEpoch}";
        Error why = new(ErrorCode.NotLeader, $"partition {Partition} is not led by {replica.Self}: {where}");
        Lead(why);
        lock (replicaGate)
        {
            Volatile.Write(ref leadingEpoch, LeaderEpoch.None.Value);
            leader = next is { } known ? new NodeIdBox(known) : null;
            knowsEnd = false;
            FailAwaiting(PublishReceipt.Refused(ErrorCode.OutcomeUnknown, why.Detail), onlyAcksAll: false);
        }

        committed.WakeAll();
        foreach (IReplicaWatcher watcher in watchers)
        {
            watcher.LeadershipEnded();
        }
    }

    /// <summary>Opens the door for publishes, or says why it is closed.</summary>
    private void Lead(Error why)
    {
        lock (door)
        {
            notLeading = why;
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
        knowsEnd = replica.Role == ReplicaRole.Leader && replica.KnowsEnd;
    }

    /// <summary>Outside the gate: wakes readers and followers.</summary>
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
