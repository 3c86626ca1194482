using GoQueue.Broker.Replication;
using GoQueue.Broker.Replication.Following;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Partitions;
using GoQueue.Replication;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Taking up and giving up roles: what the metadata says, acted on inside a turn.</summary>
internal sealed partial class PartitionLoop
{
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

        bool mayLead = view.Replicas.Count == 1 || (view.LeaderEpoch > epochAtOpen && IsOfThisLife(view));
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

    /// <summary>
    /// Only what was decided about this process makes it a leader. 1. A node leads epoch 3; its disk is lost. 2. It starts on an empty one and learns the metadata from the
    /// beginning: for a moment the newest it knows is that it leads epoch 3, and its log knows no epoch. 3. Its followers still follow epoch 3, and would cut what is
    /// committed to fit the empty log. The same holds for an epoch that the log does know, from an earlier life: what was appended under it and lost in a crash may be at a
    /// follower, so it is never led twice (E1). The registration of this life raises the epoch.
    /// </summary>
    private bool IsOfThisLife(PartitionView view) =>
        !registration.Value.IsNone && view.Find(replica.Self) is { } self && self.BrokerEpoch == registration.Value;

    private void BecomeLeader(PartitionView view)
    {
        replication.Unfollow(this);
        isFollowing = false;
        partitionLog.Flush();
        if (view.Replicas.Count > 1 && partitionLog.Epochs.Latest < view.LeaderEpoch) // a sole replica notes it with its first append: it must serve reads on a full disk
        {
            partitionLog.Epochs.Assign(view.LeaderEpoch, partitionLog.EndOffset); // E5
        }

        if (options.Replica.Has(DeliberateBugs.ForgetProducerState))
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
            knowsStart = replica.KnowsStart;
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
        isInSync = view.Find(replica.Self) is { IsInSync: true };
        if (!isNew)
        {
            lock (replicaGate)
            {
                replica.BecomeFollower(view);
            }

            if (!isInSync)
            {
                committed.WakeAll(); // readers that wait here go to the leader
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
            knowsStart = false;
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
}
