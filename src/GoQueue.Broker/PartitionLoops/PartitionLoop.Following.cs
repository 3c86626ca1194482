using GoQueue.Broker.Replication.Following;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Events;
using GoQueue.Replication;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Following, inside turns: a leader's answers are appended, folded and flushed, or cut the log (E4, E8). Snapshots for followers that begin anew.</summary>
internal sealed partial class PartitionLoop
{
    private void ApplyFetched(in FetchAnswer answer, FetchedRun? run)
    {
        try
        {
            if (failed || closed)
            {
                return;
            }

            FollowerStep step;
            bool moved = false;
            lock (replicaGate)
            {
                HasSaidDamaged |= answer.Error == ErrorCode.CorruptLog && damageSaidIn != NotSaid && answer.Round == damageSaidIn && answer.LeaderEpoch == replica.Epoch;

                step = replica.Answered(answer, partitionLog.StartOffset, epochs);
                if (step.Move == FollowerMove.Append && run is null)
                {
                    moved = replica.AdvanceAsFollower();
                }

                PublishHighWatermark(); // and the start that the leader tells
            }

            if (moved)
            {
                HighWatermarkMoved();
            }

            Carry(step, answer, run);
        }
        finally
        {
            run?.Dispose();
        }
    }

    private void Carry(in FollowerStep step, in FetchAnswer answer, FetchedRun? run)
    {
        switch (step.Move)
        {
            case FollowerMove.Append when run is not null:
                AppendFetched(run);
                break;
            case FollowerMove.Truncate:
                TruncateIfThereIsRoom(step);
                break;
            case FollowerMove.Retry:
                replication.RetryLater(this);
                break;
            case FollowerMove.CatchUp:
                replication.CatchUp(this);
                break;
            case FollowerMove.Ship:
                replication.Ship(this);
                break;
        }
    }

    private void AppendFetched(FetchedRun run)
    {
        if (run.First < partitionLog.EndOffset)
        {
            Log.UnfitData(log, Partition, run.First, partitionLog.EndOffset);
            replication.RetryLater(this);
            return;
        }

        UnixMillis now = UnixMillis.From(time);
        Offset before = partitionLog.EndOffset;
        try
        {
            partitionLog.AppendReplicated(run.Slice, now);
            HasRoom();
        }
        catch (DiskFullException full)
        {
            HasNoRoom(full);
            replication.RetryLater(this);
        }

        FoldFetched(run, before, now);
        lock (replicaGate)
        {
            replica.LogAppended(partitionLog.EndOffset);
        }

        hasFetched |= partitionLog.EndOffset > before;
        metrics.Replicated(run.Slice.Length);
    }

    /// <summary>Said once each: what retries must not fill what is left of the disk with log lines.</summary>
    private void HasNoRoom(DiskFullException full)
    {
        if (!diskWasFull)
        {
            diskWasFull = true;
            Log.DiskFull(log, full, Partition);
        }
    }

    private void HasRoom()
    {
        if (diskWasFull)
        {
            diskWasFull = false;
            Log.RoomAgain(log, Partition);
        }
    }

    /// <summary>The fold of a follower is that of the leader: repeats are recognised here after a failover.</summary>
    private void FoldFetched(FetchedRun run, Offset from, UnixMillis now)
    {
        ReadOnlySpan<byte> bytes = run.Slice.Span;
        state.Mark(); // what was sent is not taken back batch by batch: truncation restores from a snapshot
        while (bytes.Length > 0)
        {
            RecordBatchHeader header = new(bytes);
            if (header.BaseOffset >= from && header.NextOffset <= partitionLog.EndOffset)
            {
                state.Apply(header, now);
            }

            bytes = bytes[(int)header.TotalSize..];
        }
    }

    /// <summary>One flush for everything that this turn appended, and the promise that is due; then the next position goes to the leader.</summary>
    private void FlushFetched()
    {
        if (failed || closed)
        {
            return;
        }

        bool hasNews = hasFetched;
        if (hasFetched)
        {
            hasFetched = false;
            BecomeDurable();
            TakeIncomingState();
            ScheduleWorkBeside();
        }

        hasNews |= KeepPromise();
        if (hasNews)
        {
            replication.Positioned(this);
        }
    }

    /// <summary>A log that began at its leader's log start has come as far as the snapshot that came with it: from here on the fold is complete.</summary>
    private void TakeIncomingState()
    {
        if (incomingStateAt.IsNone || partitionLog.EndOffset < incomingStateAt)
        {
            return;
        }

        partitionLog.Flush();
        state = Restore(partitionLog, Partition, log, UnixMillis.From(time));
        stateSavedAt = Offset.None;
        SaveState();
        keptIncomingAt = incomingStateAt;
        incomingStateAt = Offset.None;
    }

    /// <summary>The leader's snapshot goes when one of our own, that no truncation takes back, says what it said.</summary>
    private void DropIncomingState()
    {
        if (!keptIncomingAt.IsNone && partitionLog.NewestStateUpTo(replica.HighWatermark) >= keptIncomingAt)
        {
            partitionLog.DropIncomingState();
            keptIncomingAt = Offset.None;
        }
    }

    /// <summary>The node that the metadata names as the leader; null when none, or not known yet.</summary>
    public NodeId? LeaderNode => leader?.Node;

    /// <summary>
    /// A snapshot of the fold for a follower that cannot read the log from its start: the one asked for, or the newest that is committed. Made now when there
    /// is none; then the answer is "not available", and the next one has it. Inside a turn. Codes: NotLeader, FencedLeaderEpoch, OffsetNotAvailable.
    /// </summary>
    public Task<Result<LeaderSnapshot>> StateForFollowerAsync(LeaderEpoch epoch, Offset wanted)
    {
        TaskCompletionSource<Result<LeaderSnapshot>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.TrySetResult(failed || closed || LeadingEpoch != epoch ? new Error(ErrorCode.NotLeader, $"partition {Partition} is not led here in epoch {epoch}") : StateForFollower(wanted));
            }
            finally
            {
                answer.TrySetResult(new Error(ErrorCode.StorageFailure, $"partition {Partition} failed"));
            }
        });
        return answer.Task;
    }

    private Result<LeaderSnapshot> StateForFollower(Offset wanted)
    {
        bool isThere = partitionLog.TryLoadState(replica.HighWatermark, out Offset at, out byte[] saved) && at >= partitionLog.StartOffset;
        if (isThere && (wanted.IsNone || wanted == at))
        {
            return new LeaderSnapshot(partitionLog.StartOffset, partitionLog.Epochs.Before(partitionLog.StartOffset), at, saved);
        }

        if (!isThere)
        {
            SaveState(); // committed soon: it is asked for again
        }

        return new Error(ErrorCode.OffsetNotAvailable, $"partition {Partition} has no committed snapshot at {wanted}; ask again");
    }

    /// <summary>A cut notes what it does before it begins. Without room for that the log stays as it is and the leader is asked again, until it answers with a cut and there is room.</summary>
    private void TruncateIfThereIsRoom(in FollowerStep step)
    {
        try
        {
            Truncate(step);
            HasRoom();
            replication.Positioned(this);
        }
        catch (DiskFullException full)
        {
            HasNoRoom(full);
            replication.RetryLater(this);
        }
    }

    /// <summary>E8: log, epochs, snapshots and the fold go back together.</summary>
    private void Truncate(in FollowerStep step)
    {
        Offset before = partitionLog.EndOffset;
        LeaderEpoch lastEpoch = partitionLog.Epochs.EpochAt(new Offset(before.Value - 1));
        if (step.IsBelowHighWatermark)
        {
            partitionLog.KeepCopy(step.TruncateTo);
        }

        lock (replicaGate)
        {
            isCutting = true;
        }

        Interlocked.Increment(ref cuts); // readers look again until the watermark is that of the shorter log
        try
        {
            partitionLog.TruncateTo(Offset.Max(step.TruncateTo, partitionLog.StartOffset));
        }
        catch
        {
            Interlocked.Increment(ref cuts);
            lock (replicaGate)
            {
                isCutting = false;
            }

            throw;
        }

        if (step.IsBelowHighWatermark)
        {
            metrics.TruncatedBelowHighWatermark();
            Log.TruncatedBelowHighWatermark(log, Partition, step.TruncateTo, replica.HighWatermark);
        }

        state = Restore(partitionLog, Partition, log, UnixMillis.From(time));
        stateSavedAt = NewestSnapshot();
        activeSegment = partitionLog.ActiveSegmentStart;
        lock (replicaGate)
        {
            replica.LogWasCut(partitionLog.EndOffset);
            isCutting = false;
            PublishHighWatermark();
        }

        Interlocked.Increment(ref cuts);
        Log.Truncated(log, Partition, before, partitionLog.EndOffset);
        if (partitionLog.EndOffset < before)
        {
            replication.Cut(this, new OffsetRange(partitionLog.EndOffset, before), lastEpoch);
        }
    }
}
