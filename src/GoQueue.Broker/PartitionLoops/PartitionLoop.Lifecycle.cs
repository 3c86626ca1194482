using System.Buffers;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Partitions;
using GoQueue.Replication;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Opening with recovery and replay, changing settings, snapshots of the fold, closing.</summary>
internal sealed partial class PartitionLoop
{
    private const int ReplayReadBytes = 1 << 20;

    private readonly ArrayBufferWriter<byte> snapshot = new();
    private Offset stateSavedAt;
    private Offset activeSegment;
    private ITimer? flushTimer;
    private bool closed;

    /// <summary>
    /// Opens the log (recovering it) and restores the fold from its newest snapshot and the log above it. It neither leads nor follows before a view says so.
    /// Blocks on the disk; run it on a thread that may.
    /// </summary>
    public static PartitionLoop Open(TopicPartition partition, NodeId self, ILogDirectory directory, PartitionLoopOptions options, BrokerEnvironment environment, BrokerReplication replication)
    {
        UnixMillis now = UnixMillis.From(environment.Time);
        PartitionLog partitionLog = PartitionLog.Open(directory, LogIdentity.Of(partition), options.ToLogOptions(), now);
        try
        {
            if (!options.KnownDamage.IsNone)
            {
                partitionLog.NoteDamage(options.KnownDamage);
            }

            // What recovery found may be in the page cache only; it counts as durable after this flush (rule 1, flush then count).
            partitionLog.Flush();
            PartitionState state = Restore(partitionLog, partition, environment.Logger, now);
            PartitionReplica replica = new(self, options.Replica);
            replica.Open(partitionLog.StartOffset, partitionLog.FlushedOffset, partitionLog.CommittedEnd, partitionLog.PromisedStart, partitionLog.ToldStart);
            return new PartitionLoop(partition, options, partitionLog, state, replica, environment, replication);
        }
        catch
        {
            partitionLog.Dispose();
            throw;
        }
    }

    /// <summary>Answers what is waiting, saves the fold, closes the log with its clean-shutdown marker. Idempotent.</summary>
    public async Task CloseAsync()
    {
        if (!compactionStop.IsCancellationRequested)
        {
            await StopCompactionAsync();
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (door)
        {
            if (refusal.Code == ErrorCode.None)
            {
                refusal = new Error(ErrorCode.ShuttingDown, $"partition {Partition} is closing");
            }
        }

        Post(() =>
        {
            try
            {
                CloseInTurn();
            }
            finally
            {
                done.TrySetResult();
            }
        });
        await done.Task;
    }

    /// <summary>
    /// Enforces retention and forgets idle producers, inside a turn. Completes when done; a failure stops the partition as any other would.
    /// </summary>
    public Task MaintainAsync()
    {
        return InTurnAsync(() =>
        {
            if (!failed && !closed)
            {
                if (viewWithoutRoom is { } view)
                {
                    TakeViewIfThereIsRoom(view);
                }

                try
                {
                    Maintain();
                }
                catch (DiskFullException full)
                {
                    Log.DiskFull(log, full, Partition); // nothing is broken by it: the next round tries again
                }
            }
        });
    }

    /// <summary>Does something inside a turn; completes when it is done or has failed the partition.</summary>
    private Task InTurnAsync(Action work)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                work();
            }
            finally
            {
                done.TrySetResult();
            }
        });
        return done.Task;
    }

    private void UseOptions(PartitionLoopOptions changed)
    {
        if (failed || closed)
        {
            return;
        }

        options = changed;
        flushMode = changed.Topic.FlushMode;
        compactedTopic = changed.Topic.CleanupPolicy;
        Volatile.Write(ref maxMessageBytes, changed.Topic.MaxMessageBytes);
        partitionLog.Reconfigure(changed.ToLogOptions());
        BecomeDurable();
    }

    private void Maintain()
    {
        UnixMillis now = UnixMillis.From(time);
        partitionLog.CheckLength(); // as every write does; here for partitions that get none
        DropIncomingState();
        Retire(now);
        int expired = state.ExpireProducers(now, options.ProducerIdle);
        if (expired > 0)
        {
            Log.ProducersExpired(log, Partition, expired);
        }
    }

    /// <summary>
    /// Records are removed only where a durable snapshot of the fold stands for them: else a restart, which folds what is left, would have forgotten what only the removed
    /// records said, the producers among them. A snapshot above the high watermark does not count, because a truncation may take it back, and the high watermark is noted
    /// first: a leader that knows less of it after a restart would have no committed snapshot to give to a replica that begins anew.
    /// </summary>
    private Offset EndOfWhatMayGo()
    {
        if (replica.HighWatermark == partitionLog.EndOffset)
        {
            SaveState(); // nothing may be written here for long: what waits for the next roll would stay
        }

        partitionLog.NoteCommitted(replica.HighWatermark);
        return partitionLog.NewestStateUpTo(partitionLog.CommittedEnd);
    }

    private void CloseInTurn()
    {
        if (closed)
        {
            return;
        }

        closed = true;
        try
        {
            if (!failed)
            {
                // Batches that came through the door before it closed are in this turn: write them, then close over them.
                RunPublishes();
                partitionLog.Flush();
                SaveState();
                NoteStartAtTheEnd();
                partitionLog.Close();
            }
        }
        finally
        {
            flushTimer?.Dispose();
            replication.Unfollow(this);
            lock (replicaGate)
            {
                Volatile.Write(ref leadingEpoch, LeaderEpoch.None.Value);
                FailAwaiting(PublishReceipt.Refused(ErrorCode.OutcomeUnknown, $"partition {Partition} is closed"), onlyAcksAll: false);
            }

            foreach (IReplicaWatcher watcher in watchers)
            {
                watcher.LeadershipEnded();
            }

            committed.Close();
            partitionLog.Dispose();
        }
    }

    private void SaveStateAfterRoll()
    {
        if (partitionLog.ActiveSegmentStart != activeSegment)
        {
            activeSegment = partitionLog.ActiveSegmentStart;
            SaveStateBeside();
        }
    }

    /// <summary>As <see cref="SaveState"/>, but written beside the turns. Flush mode interval or none: a snapshot costs the flush that it needs.</summary>
    private void SaveStateBeside()
    {
        if (stateSavedAt == partitionLog.EndOffset)
        {
            return;
        }

        partitionLog.Flush();
        snapshot.ResetWrittenCount();
        state.WriteSnapshot(snapshot);
        partitionLog.WriteStateBeside(snapshot.WrittenSpan, replica.HighWatermark);
        stateSavedAt = partitionLog.EndOffset;
    }

    /// <summary>Of an empty log none is needed.</summary>
    private Offset NewestSnapshot() => partitionLog.EndOffset == Offset.Zero ? Offset.Zero : partitionLog.NewestStateUpTo(partitionLog.EndOffset);

    /// <summary>A snapshot of the fold at the end of the log bounds what a restart replays, and what retention may remove. A failed one costs time, not data.</summary>
    private void SaveState()
    {
        if (stateSavedAt == partitionLog.EndOffset)
        {
            return;
        }

        snapshot.ResetWrittenCount();
        state.WriteSnapshot(snapshot);
        try
        {
            partitionLog.WriteState(snapshot.WrittenSpan, replica.HighWatermark);
            stateSavedAt = partitionLog.EndOffset;
        }
        catch (DiskFullException full)
        {
            Log.DiskFull(log, full, Partition);
        }
    }

    /// <summary>One timer per partition, armed while there is something to flush (flush mode interval).</summary>
    private void FlushLater()
    {
        if (partitionLog.FlushedOffset == partitionLog.EndOffset || flushTimer is not null)
        {
            return;
        }

        flushTimer = time.CreateTimer(
            _ => Post(() =>
            {
                flushTimer?.Dispose();
                flushTimer = null;
                if (!failed && !closed)
                {
                    partitionLog.Flush();
                }
            }),
            null,
            TimeSpan.FromMilliseconds(options.Topic.FlushIntervalMillis),
            Timeout.InfiniteTimeSpan);
    }

    private static PartitionState Restore(PartitionLog partitionLog, TopicPartition partition, ILogger log, UnixMillis now)
    {
        PartitionState state = new();
        Offset from = partitionLog.StartOffset;
        bool hasSaved = partitionLog.TryLoadState(out Offset at, out byte[]? saved);
        if (partitionLog.TryLoadIncomingState(out Offset incomingAt, out byte[] incoming) && incomingAt <= partitionLog.EndOffset && (!hasSaved || at < incomingAt))
        {
            (hasSaved, at, saved) = (true, incomingAt, incoming);
        }

        if (hasSaved)
        {
            if (PartitionState.ReadSnapshot(saved).TryGet(out PartitionState? restored, out Error error))
            {
                state = restored;
                from = Offset.Max(at, from);
            }
            else
            {
                Log.StateSnapshotUnreadable(log, partition, at, error.Detail);
            }
        }

        Replay(partitionLog, state, from, now);
        return state;
    }

    /// <summary>Folds the log from <paramref name="from"/> on into the state. A damaged range is passed over: its reads are refused anyway.</summary>
    private static void Replay(PartitionLog partitionLog, PartitionState state, Offset from, UnixMillis now)
    {
        while (from < partitionLog.EndOffset)
        {
            LogRead read = partitionLog.Read(from, partitionLog.EndOffset, ReplayReadBytes);
            if (read.Error is not null || read.NextOffset <= from)
            {
                Offset behind = EndOfDamage(partitionLog, from);
                if (behind <= from)
                {
                    return;
                }

                from = behind;
                continue;
            }

            foreach (BufferSlice slice in read.Slices)
            {
                ReadOnlySpan<byte> bytes = slice.Span;
                while (bytes.Length >= RecordBatchLayout.HeaderSize)
                {
                    RecordBatchHeader header = new(bytes);
                    if (header.BaseOffset >= from)
                    {
                        state.Apply(header, now);
                    }

                    bytes = bytes[(int)header.TotalSize..];
                }

                slice.Buffer.Release();
            }

            from = read.NextOffset;
        }
    }

    /// <summary>The end of the known damaged range that begins at or holds the offset; the offset itself when there is none.</summary>
    private static Offset EndOfDamage(PartitionLog partitionLog, Offset offset)
    {
        foreach (CorruptRange range in partitionLog.CorruptRanges)
        {
            if (range.Start <= offset && offset < range.End)
            {
                return range.End;
            }
        }

        return offset;
    }
}
