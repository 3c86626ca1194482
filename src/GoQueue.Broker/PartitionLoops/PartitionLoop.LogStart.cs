using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>
/// Where the partition begins (ADR 0017), inside turns: a leader finds by retention where it may begin and promises that, followers promise it after it, and what is before the
/// start that the leader then tells is deleted by each replica in its own time.
/// </summary>
internal sealed partial class PartitionLoop
{
    // Published under the gate, read anywhere.
    private long logStart;
    private volatile bool knowsStart;

    private bool promiseHasNoRoom; // owned by the turn: not tried again before the next round of maintenance

    /// <summary>Where the partition begins, as far as is known here; it is there or higher.</summary>
    public Offset LogStart => new(Volatile.Read(ref logStart));

    /// <summary>The first offset that is still here: at or before <see cref="LogStart"/>.</summary>
    public Offset FirstKept => partitionLog.StartOffset;

    /// <summary>What this replica as a leader does not go behind. Any thread.</summary>
    public Offset PromisedStart
    {
        get
        {
            lock (replicaGate)
            {
                return replica.PromisedStart;
            }
        }
    }

    /// <summary>The round of maintenance: promises, and deletes what is before the start.</summary>
    private void Retire(UnixMillis now)
    {
        TopicSettings topic = options.Topic;
        promiseHasNoRoom = false;
        if (replica.Role == ReplicaRole.Leader && topic.CleanupPolicy == CleanupPolicy.Delete
            && partitionLog.FindExpired(topic.RetentionMillis, topic.RetentionBytes, replica.HighWatermark, now) > replica.PromisedStart)
        {
            Promise(partitionLog.SealExpired(topic.RetentionMillis, topic.RetentionBytes, EndOfWhatMayGo(), now));
        }
        else if (KeepPromise())
        {
            replication.Positioned(this); // there was no room before
        }

        if (replica.Role != ReplicaRole.None && partitionLog.HasSegmentsBelow(replica.LogStart))
        {
            Offset before = partitionLog.StartOffset;
            Offset after = partitionLog.DeleteBelow(Offset.Min(replica.LogStart, EndOfWhatMayGo()));
            if (after > before)
            {
                Log.RetentionApplied(log, Partition, before, after);
            }
        }

        partitionLog.NoteStart(replica.PromisedStart, replica.LogStart); // a leader that knows both to be the same may tell the start at once after a restart
    }

    /// <summary>A follower promises what its leader has promised, once it knows it to be committed. True when the leader is to be told.</summary>
    private bool KeepPromise()
    {
        Offset due = replica.DuePromise;
        if (due.IsNone || promiseHasNoRoom || failed || closed)
        {
            return false;
        }

        try
        {
            Promise(due);
            return true;
        }
        catch (DiskFullException full)
        {
            promiseHasNoRoom = true;
            Log.DiskFull(log, full, Partition);
            return false;
        }
    }

    /// <summary>Durable before it counts or is shown to anybody.</summary>
    private void Promise(Offset start)
    {
        if (start <= replica.PromisedStart)
        {
            return;
        }

        partitionLog.NoteStart(start, replica.LogStart);
        lock (replicaGate)
        {
            replica.PromiseStart(start);
            PublishHighWatermark();
        }

        if (replica.Role == ReplicaRole.Leader)
        {
            HighWatermarkMoved(); // whether or not the start moved: followers are to promise the same
        }
    }

    private void NoteStartAtTheEnd()
    {
        try
        {
            partitionLog.NoteStart(replica.PromisedStart, replica.LogStart);
        }
        catch (DiskFullException full)
        {
            Log.DiskFull(log, full, Partition);
        }
    }
}
