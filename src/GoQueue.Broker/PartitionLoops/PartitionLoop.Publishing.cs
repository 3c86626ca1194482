using System.Runtime.InteropServices;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Partitions;
using GoQueue.Partitions.Producers;
using GoQueue.Replication;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Publishing: the door, and the group commit inside a turn.</summary>
internal sealed partial class PartitionLoop
{
    /// <summary>
    /// Ordered batches whose answer waits, in offset order: for the high watermark, and for this replica's own durable end. Two queues, because what
    /// asks for little must not wait behind what waits for slow followers.
    /// </summary>
    private readonly Queue<PublishOperation> awaitingCommit = new();
    private readonly Queue<PublishOperation> awaitingFlush = new();

    /// <summary>The batches of the group being written, repeats included, and the buffers of those that are new.</summary>
    private readonly List<PublishOperation> ordered = [];
    private readonly List<SharedBuffer> group = [];
    private int maxMessageBytes;
    private TopicFlushMode flushMode;
    private volatile bool diskWasFull; // as leader or follower; a follower tells its leader
    private bool hasEnoughReplicas; // for the group that is being written

    /// <summary>Takes over one reference of the batch. Answers at once when it refuses: then nothing was done.</summary>
    public ValueTask<PublishReceipt> Publish(SharedBuffer batch, Acks acks)
    {
        Error? bad = Validate(batch.Span);
        if (bad is { } error)
        {
            batch.Release();
            metrics.PublishRefused(error.Code);
            return new(new PublishReceipt(error, Offset.None, UnixMillis.None, 0, Flushed: false));
        }

        PublishOperation operation = PublishOperation.Rent(batch, acks);
        ValueTask<PublishReceipt> answer = acks == Acks.None ? new(new PublishReceipt(default, Offset.None, UnixMillis.None, 0, Flushed: false)) : operation.Answer();
        Error refused = default;
        bool ask = false;
        lock (door)
        {
            if (refusal.Code != ErrorCode.None)
            {
                refused = refusal;
            }
            else if (notLeading.Code != ErrorCode.None)
            {
                refused = notLeading;
            }
            else if (pendingBytes + batch.Length > options.MaxPendingBytes || pending.Count >= options.MaxPendingBatches)
            {
                refused = new Error(ErrorCode.Overloaded, $"{pendingBytes} bytes in {pending.Count} batches wait for partition {Partition} already");
            }
            else
            {
                pending.Add(operation);
                pendingBytes += batch.Length;
                ask = !turnAsked;
                turnAsked = true;
            }
        }

        if (refused.Code != ErrorCode.None)
        {
            metrics.PublishRefused(refused.Code);
            operation.Complete(new PublishReceipt(refused, Offset.None, UnixMillis.None, 0, Flushed: false));
        }
        else if (ask)
        {
            scheduler.Schedule(this);
        }

        return answer;
    }

    /// <summary>
    /// Everything a later reader relies on is checked here, on the caller's thread: the frame, the CRC, and every record, compressed ones while
    /// inflating under a cap. A batch that passed once never stops a reader at its offset.
    /// </summary>
    private Error? Validate(ReadOnlySpan<byte> batch) =>
        RecordBatchValidator.Validate(batch, Volatile.Read(ref maxMessageBytes)) ?? RecordBatchValidator.ValidateRecords(batch, RecordReadLimits.Default);

    private void RunPublishes()
    {
        if (takenNext < taken.Count && (failed || replica.Role != ReplicaRole.Leader))
        {
            RefuseTaken(); // the leadership ended behind the door, or in this turn; or they came through it in the turn that failed
        }

        while (takenNext < taken.Count && !failed)
        {
            CommitGroup();
        }
    }

    private void RefuseTaken()
    {
        Error why;
        lock (door)
        {
            why = failed ? refusal : notLeading;
        }

        for (; takenNext < taken.Count; takenNext++)
        {
            metrics.PublishRefused(why.Code);
            taken[takenNext].Complete(new PublishReceipt(why, Offset.None, UnixMillis.None, 0, Flushed: false));
        }
    }

    /// <summary>Orders, writes, flushes and answers one group of what was taken.</summary>
    private void CommitGroup()
    {
        UnixMillis now = UnixMillis.From(time);
        StateMark mark = state.Mark();
        Offset end = partitionLog.EndOffset;
        long bytes = 0;
        int records = 0;
        group.Clear();
        lock (replicaGate)
        {
            hasEnoughReplicas = replica.HasEnoughInSync && !replica.LacksCaughtUp(Now);
        }

        while (takenNext < taken.Count && bytes < options.MaxGroupBytes)
        {
            PublishOperation operation = taken[takenNext++];
            if (Decide(operation, ref end, now))
            {
                group.Add(operation.Batch);
                bytes += operation.Batch.Length;
                records += new RecordBatchHeader(operation.Batch.Span).RecordCount;
            }
        }

        if (group.Count > 0)
        {
            if (!TryAppend(mark, now))
            {
                return;
            }

            metrics.Appended(group.Count, records, bytes);
        }

        lock (replicaGate)
        {
            foreach (PublishOperation operation in ordered)
            {
                (operation.Acks == Acks.All ? awaitingCommit : awaitingFlush).Enqueue(operation);
            }

            replica.LogAppended(partitionLog.EndOffset);
            Volatile.Write(ref servableEnd, partitionLog.EndOffset.Value);
        }

        ordered.Clear();
        foreach (IReplicaWatcher watcher in watchers)
        {
            watcher.Appended(); // followers fetch and flush while this node flushes
        }

        BecomeDurable();
        ScheduleWorkBeside();
    }

    /// <summary>
    /// True when the batch is to be written, stamped with its offset. A repeat waits for the first attempt to be committed and gets its
    /// answer (I1); a refusal is answered here.
    /// </summary>
    private bool Decide(PublishOperation operation, ref Offset end, UnixMillis now)
    {
        if (operation.Acks == Acks.All && !hasEnoughReplicas)
        {
            // R10, before the append: nothing was written.
            metrics.PublishRefused(ErrorCode.NotEnoughReplicas);
            operation.Complete(PublishReceipt.Refused(ErrorCode.NotEnoughReplicas, $"{replica.InSyncReplicas} replicas of partition {Partition} are in sync{(replica.HasEnoughInSync ? " and do not all follow" : "")}, {replica.View.EffectiveMinInSync} are demanded"));
            return false;
        }

        Span<byte> batch = operation.Batch.Span;
        RecordBatchHeader header = new(batch);
        ProducerDecision decision = state.Decide(header);
        switch (decision.Verdict)
        {
            case ProducerVerdict.Accept:
                RecordBatchHeader.Stamp(batch, end, replica.Epoch);
                state.Apply(header, now);
                operation.Receipt = new PublishReceipt(default, end, header.MaxTimestamp, 0, Flushed: false);
                end = header.NextOffset;
                operation.WaitsFor = end;
                operation.IsNew = true;
                ordered.Add(operation);
                return true;

            case ProducerVerdict.Duplicate:
                metrics.DuplicateRecognised();
                operation.Receipt = new PublishReceipt(default, decision.BaseOffset, decision.Timestamp, 0, Flushed: false);
                operation.WaitsFor = decision.LastOffset.Next;
                ordered.Add(operation);
                return false;

            default:
                RefuseOnceProved(operation, decision.Error);
                return false;
        }
    }

    /// <summary>
    /// A leader that was deposed and does not know it remembers less of a producer than the one that took over: its refusal would be final and false (T11). So it is
    /// given only once the metadata quorum has confirmed this leadership; else the producer is sent to look for the leader, and nothing was written here (ADR 0013).
    /// </summary>
    private void RefuseOnceProved(PublishOperation operation, Error error)
    {
        if (!replication.Proofs.AreNeeded)
        {
            Refuse(error);
            return;
        }

        LeaderEpoch epoch = replica.Epoch;
        replication.Proofs.Ask(Partition, epoch, proved => Refuse(proved ? error : NotProved(epoch)));

        void Refuse(Error why)
        {
            metrics.PublishRefused(why.Code);
            operation.Complete(new PublishReceipt(why, Offset.None, UnixMillis.None, 0, Flushed: false));
        }
    }

    private Error NotProved(LeaderEpoch epoch) =>
        new(ErrorCode.NotLeader, $"this node leads partition {Partition.Partition} in epoch {epoch} as far as it knows, and the metadata quorum does not confirm it; another one may lead");

    /// <summary>
    /// Writes the group. What a full disk did not take is taken back and refused as if it had never come: a group that crossed into a new
    /// segment may be written up to there. False when nothing of the group is left to flush and answer.
    /// </summary>
    private bool TryAppend(StateMark mark, UnixMillis now)
    {
        try
        {
            partitionLog.Append(CollectionsMarshal.AsSpan(group), now);
            HasRoom();

            return true;
        }
        catch (DiskFullException full)
        {
            HasNoRoom(full);
            state.RollbackTo(mark);
            KeepWhatIsWritten(PublishReceipt.Refused(ErrorCode.DiskFull, full.Message), now);
            return ordered.Count > 0;
        }
    }

    private void KeepWhatIsWritten(in PublishReceipt refused, UnixMillis now)
    {
        int kept = 0;
        for (int i = 0; i < ordered.Count; i++)
        {
            PublishOperation operation = ordered[i];
            if (operation.WaitsFor > partitionLog.EndOffset)
            {
                metrics.PublishRefused(refused.Error.Code);
                operation.Complete(refused);
                continue;
            }

            ordered[kept++] = operation;
            if (operation.IsNew)
            {
                state.Apply(new RecordBatchHeader(operation.Batch.Span), now);
            }
        }

        ordered.RemoveRange(kept, ordered.Count - kept);
    }

    /// <summary>Flushes as the topic says, moves the high watermark, wakes readers and answers.</summary>
    private void BecomeDurable()
    {
        if (options.Replica.Has(DeliberateBugs.AckBeforeFlush))
        {
            CountAsDurable(partitionLog.EndOffset);
        }

        if (flushMode == TopicFlushMode.Flush && partitionLog.FlushedOffset < partitionLog.EndOffset)
        {
            long started = time.GetTimestamp();
            partitionLog.Flush();
            metrics.Flushed(time.GetElapsedTime(started));
        }
        else if (flushMode == TopicFlushMode.Interval)
        {
            FlushLater();
        }

        CountAsDurable(DurableEnd());
        SaveStateAfterRoll();
    }

    /// <summary>What this replica holds as its topic's flush mode demands.</summary>
    private Offset DurableEnd() => flushMode == TopicFlushMode.Flush ? Offset.Max(partitionLog.FlushedOffset, replica.DurableEnd) : partitionLog.EndOffset;

    private void CountAsDurable(Offset durable)
    {
        bool moved;
        lock (replicaGate)
        {
            moved = replica.LogBecameDurable(durable, Now);
            if (moved || replica.ReadableEnd > HighWatermark)
            {
                PublishHighWatermark();
            }

            AnswerCommitted();
        }

        if (moved)
        {
            HighWatermarkMoved();
        }
    }

    /// <summary>Under the gate.</summary>
    private void AnswerCommitted()
    {
        Answer(awaitingCommit, replica.HighWatermark);
        Answer(awaitingFlush, replica.DurableEnd);
    }

    private void Answer(Queue<PublishOperation> waiting, Offset reached)
    {
        bool flushed = flushMode == TopicFlushMode.Flush;
        while (waiting.TryPeek(out PublishOperation? operation) && operation.WaitsFor <= reached)
        {
            waiting.Dequeue();
            operation.Complete(operation.Receipt with { Replicas = replica.CountHolding(operation.WaitsFor), Flushed = flushed });
        }
    }
}
