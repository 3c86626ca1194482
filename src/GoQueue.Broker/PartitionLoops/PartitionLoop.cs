using System.Runtime.ExceptionServices;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Core.Scheduling;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Partitions;
using GoQueue.Replication;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>
/// The owner of one partition: its log, its folded state and its replica protocol. All of them are touched only inside a turn, and turns of
/// one partition never overlap, so nothing here needs a lock but the door where requests come in.
/// </summary>
/// <remarks>
/// A turn takes everything that is waiting, decides each batch against the state, writes the accepted ones with one vectored write,
/// flushes once, and answers. While it flushes, the next group gathers: that is the whole batching, without a timer (performance rule 2).
/// <code>
/// state     meaning                                       leaves by
/// Open      takes publishes, serves reads                 Close -> Closed; a failed write or flush -> Failed
/// Failed    refuses everything; what the disk holds is    restart of the node, which goes through recovery; when the file was cut
///           unknown (reliability.md section 6, rule 2)    short by something else, another loop is opened in its place
/// Closed    the log is closed                             never
/// </code>
/// </remarks>
internal sealed partial class PartitionLoop : ITurn
{
    private readonly Lock door = new();
    private readonly ITurnScheduler scheduler;
    private readonly ITurnScheduler readers;
    private readonly SparePreparation sparePreparation;
    private readonly RollCompletion rollCompletion;
    private readonly BrokerMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly PartitionLog partitionLog;
    private readonly PartitionReplica replica;
    private readonly RegisteredEpoch registration;
    private PartitionState state;
    private readonly CommitSignal committed = new();
    private readonly Func<Offset> currentHighWatermark;

    // Guarded by the door.
    private List<PublishOperation> pending = [];
    private List<Action> commands = [];
    private long pendingBytes;
    private bool turnAsked;
    private Error refusal; // why everything is refused; none while open
    private Error notLeading; // why publishes are refused; none while this node leads

    // Owned by the turn.
    private List<PublishOperation> taken = [];
    private int takenNext; // batches of `taken` before this are ordered or answered
    private volatile bool failed; // ticks of other threads read it
    private List<Action> takenCommands = [];
    private PartitionLoopOptions options;

    // Published by the turn, read anywhere.
    private long highWatermark;
    private volatile CleanupPolicy compactedTopic;

    private PartitionLoop(TopicPartition partition, PartitionLoopOptions options, PartitionLog partitionLog, PartitionState state, PartitionReplica replica, BrokerEnvironment environment, BrokerReplication replication)
    {
        Partition = partition;
        this.replication = replication;
        registration = environment.Registration;
        epochs = new LogEpochs(partitionLog);
        epochAtOpen = partitionLog.Epochs.Latest;
        notLeading = new Error(ErrorCode.NotLeader, $"partition {partition} is not led by {replica.Self} yet");
        this.options = options;
        this.partitionLog = partitionLog;
        this.state = state;
        this.replica = replica;
        scheduler = environment.Committers;
        readers = environment.Readers;
        sparePreparation = new SparePreparation(partitionLog);
        rollCompletion = new RollCompletion(this);
        metrics = environment.Metrics;
        time = environment.Time;
        log = environment.Logger;
        maxMessageBytes = options.Topic.MaxMessageBytes;
        flushMode = options.Topic.FlushMode;
        compactedTopic = options.Topic.CleanupPolicy;
        cleaner = new LogCleaner(partitionLog, new LogCleanerOptions());
        stateSavedAt = NewestSnapshot();
        currentHighWatermark = () => HighWatermark;
        Volatile.Write(ref highWatermark, replica.HighWatermark.Value);
        Volatile.Write(ref logStart, replica.LogStart.Value);
        Volatile.Write(ref servableEnd, partitionLog.EndOffset.Value);
        activeSegment = partitionLog.ActiveSegmentStart;
        if (partitionLog.TryLoadIncomingState(out Offset at, out _))
        {
            incomingStateAt = at;
        }
    }

    public TopicPartition Partition { get; }

    /// <summary>Everything below may be read.</summary>
    public Offset HighWatermark => new(Volatile.Read(ref highWatermark));

    public Offset LogEnd => partitionLog.EndOffset;

    public long SizeBytes => partitionLog.SizeBytes;

    /// <summary>Why this partition refuses everything, or none.</summary>
    public Error Refusal
    {
        get
        {
            lock (door)
            {
                return refusal;
            }
        }
    }

    public void RunTurn()
    {
        lock (door)
        {
            (taken, pending) = (pending, taken);
            (takenCommands, commands) = (commands, takenCommands);
            pendingBytes = 0;
        }

        try
        {
            RunCommands();
            FlushFetched();
            RunPublishes();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }

        Invariant.Check(takenNext == taken.Count, "every batch taken into a turn is ordered or answered", taken.Count, takenNext);
        taken.Clear();
        takenNext = 0;
        takenCommands.Clear();
        bool again;
        lock (door)
        {
            again = turnAsked = pending.Count > 0 || commands.Count > 0;
        }

        if (again)
        {
            scheduler.Schedule(this);
        }
    }

    private void RunCommands()
    {
        foreach (Action command in takenCommands)
        {
            command();
        }
    }

    /// <summary>Asks for work inside a turn; it runs before the batches that are waiting.</summary>
    private void Post(Action command)
    {
        bool ask;
        lock (door)
        {
            commands.Add(command);
            ask = !turnAsked;
            turnAsked = true;
        }

        if (ask)
        {
            scheduler.Schedule(this);
        }
    }

    /// <summary>Stops the partition after a failure of the disk or of one of our own rules. Nothing after it is served from this log.</summary>
    private void Fail(Exception failure)
    {
        ErrorCode code = failure is InvariantViolationException ? ErrorCode.Internal : ErrorCode.StorageFailure;
        isCutShort = failure is DamagedLogException;
        if (isCutShort)
        {
            Log.CutShort(log, failure, Partition);
        }
        else
        {
            Log.PartitionFailed(log, failure, Partition, code);
        }

        metrics.PartitionFailed();
        failed = true;
        Error why = new(code, $"partition {Partition} stopped: {failure.Message}; {(isCutShort ? "its log is opened again" : "restart the node to recover it")}");
        lock (door)
        {
            refusal = why;
        }

        committed.Close();
        flushTimer?.Dispose();

        // What was being written may or may not be there; what was not begun is refused.
        PublishReceipt unknown = PublishReceipt.Refused(ErrorCode.OutcomeUnknown, why.Detail);
        foreach (PublishOperation operation in ordered)
        {
            operation.Complete(unknown);
        }

        ordered.Clear();
        isFollowing = false;
        lock (replicaGate)
        {
            // A leader whose log failed must not judge its followers: they cannot fetch from it, so it would find them slow and propose to go on alone.
            replica.Stop(replica.View);
            knowsEnd = false;
            knowsStart = false;
            Volatile.Write(ref leadingEpoch, LeaderEpoch.None.Value);
            FailAwaiting(unknown, onlyAcksAll: false);
        }

        foreach (IReplicaWatcher watcher in watchers)
        {
            watcher.LeadershipEnded();
        }

        replication.Failed(this);

        PublishReceipt refused = new(why, Offset.None, UnixMillis.None, 0, Flushed: false);
        for (; takenNext < taken.Count; takenNext++)
        {
            taken[takenNext].Complete(refused);
        }
    }

    /// <summary>Hands what a turn left to be done, but no publish waits for, to the threads beside it.</summary>
    private void ScheduleWorkBeside()
    {
        if (partitionLog.HasWorkBeside && rollCompletion.TryAsk())
        {
            readers.Schedule(rollCompletion);
        }

        if (partitionLog.WantsSpare)
        {
            readers.Schedule(sparePreparation);
        }
    }

    /// <summary>
    /// Completes a sealed segment and writes the snapshot of the fold; a failure stops the partition in its next turn. At most one is under way: on a slow disk
    /// every group would ask for another.
    /// </summary>
    private sealed class RollCompletion(PartitionLoop loop) : ITurn
    {
        private bool isAsked;

        public bool TryAsk() => !Interlocked.Exchange(ref isAsked, true);

        public void RunTurn()
        {
            try
            {
                loop.partitionLog.FinishRoll();
            }
            catch (Exception failure)
            {
                loop.Post(() =>
                {
                    if (!loop.failed && !loop.closed)
                    {
                        ExceptionDispatchInfo.Throw(failure);
                    }
                });
            }
            finally
            {
                Volatile.Write(ref isAsked, false);
            }
        }
    }

    /// <summary>Writes the next segment's zeros apart from the turns, which it would hold up.</summary>
    private sealed class SparePreparation(PartitionLog partitionLog) : ITurn
    {
        public void RunTurn() => partitionLog.PrepareSpare();
    }
}
