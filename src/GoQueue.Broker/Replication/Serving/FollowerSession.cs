using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Replication;
using GoQueue.Replication.Wire;
using GoQueue.Storage;

namespace GoQueue.Broker.Replication.Serving;

/// <summary>
/// A follower's fetch session at this leader: what it follows here, what it is owed, and the request that waits. Requests come one after the other
/// (<see cref="Take"/>); watchers of the partitions call in from any thread.
/// </summary>
/// <remarks>Whoever has news answers the waiting request on its own thread: a change of threads on the way of every acknowledgement is paid by all.</remarks>
internal sealed partial class FollowerSession : IDisposable
{
    /// <summary>For a follower that cannot append: enough to notice when it can again.</summary>
    private const int StuckBytes = 64 << 10;

    private readonly NodeId follower;
    private readonly ReplicationOptions options;
    private readonly BrokerEnvironment environment;
    private readonly PartitionTable table;
    private readonly ReassignmentThrottle throttle;
    private readonly Lock gate = new();
    private readonly Dictionary<TopicPartition, SessionPartition> partitions = [];
    private readonly Queue<SessionPartition> ready = new();
    private readonly List<SessionPartition> news = [];
    private readonly List<PartitionFetched> owed = []; // divergences and errors
    private readonly List<SessionPartition> held = [];
    private readonly ITimer heldTimer;
    private readonly ITimer newsTimer;
    private readonly ITimer patience;
    private TaskCompletionSource? waiting; // of the request that waits; a newer one takes its place. Completed outside the gate only: its continuation runs then and there
    private int nextSequence;
    private bool isTimed;
    private bool isClosed;

    public FollowerSession(long id, NodeId follower, Guid incarnation, ReplicationOptions options, BrokerEnvironment environment, PartitionTable table, ReassignmentThrottle throttle)
    {
        Id = id;
        this.follower = follower;
        Incarnation = incarnation;
        this.options = options;
        this.environment = environment;
        this.table = table;
        this.throttle = throttle;
        heldTimer = environment.Time.CreateTimer(_ => LetGo(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        newsTimer = environment.Time.CreateTimer(_ => EndWait(ofNews: true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        patience = environment.Time.CreateTimer(_ => EndWait(ofNews: false), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public long Id { get; }

    public Guid Incarnation { get; }

    /// <summary>Takes in what a request says; false when one before it was lost. Called for one request after the other.</summary>
    public bool Take(ReplicaFetchRequest request)
    {
        if (request.Sequence != nextSequence)
        {
            return false;
        }

        nextSequence++;
        foreach (TopicPartition gone in request.Forgotten)
        {
            Forget(gone);
        }

        foreach (PartitionPosition position in request.Positions)
        {
            Arm(position, request.BrokerEpoch);
        }

        return true;
    }

    /// <summary>The answer to the request that <see cref="Take"/> took last: at once when something is owed, else when it comes or the time is over.</summary>
    public async ValueTask<PeerReply> AnswerAsync(ReplicaFetchRequest request)
    {
        await Park(request.MaxWaitMillis);
        return await BuildAsync(request);
    }

    public void Appended(SessionPartition partition)
    {
        if (!partition.IsArmed)
        {
            return; // a racing position looks at the end of the log itself once it is armed
        }

        TaskCompletionSource? woken;
        lock (gate)
        {
            woken = MarkReady(partition);
        }

        woken?.SetResult();
    }

    public void HighWatermarkMoved(SessionPartition partition)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            if (!partition.HasNews)
            {
                partition.HasNews = true;
                news.Add(partition);
            }

            if (waiting is not null && !isTimed)
            {
                isTimed = true;
                newsTimer.Change(options.HighWatermarkDelay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void LeadershipEnded(SessionPartition partition)
    {
        TaskCompletionSource? woken = null;
        lock (gate)
        {
            if (partition.IsArmed && !isClosed)
            {
                woken = Owe(partition, new FetchAnswer(partition.Position.LeaderEpoch, partition.Position.Round, ErrorCode.NotLeader, EpochEnd.Undefined, Offset.Zero, Offset.Zero));
            }
        }

        woken?.SetResult();
    }

    /// <summary>Ends the session: a waiting request is answered, the partitions are left.</summary>
    public void Dispose()
    {
        List<SessionPartition> all;
        TaskCompletionSource? woken;
        lock (gate)
        {
            isClosed = true;
            all = [.. partitions.Values];
            partitions.Clear();
            ready.Clear();
            news.Clear();
            held.Clear();
            woken = TakeWaiting();
        }

        newsTimer.Dispose();
        heldTimer.Dispose();
        patience.Dispose();
        woken?.SetResult();
        all.ForEach(partition => partition.Loop.Unwatch(partition));
    }

    private void Forget(TopicPartition gone)
    {
        SessionPartition? left;
        lock (gate)
        {
            if (partitions.Remove(gone, out left))
            {
                left.IsArmed = false;
            }
        }

        left?.Loop.Unwatch(left);
    }

    private void Arm(in PartitionPosition asked, BrokerEpoch brokerEpoch)
    {
        FetchPosition position = asked.Position;
        if (!table.TryGet(asked.Partition, out PartitionLoop? loop, out Error error))
        {
            lock (gate)
            {
                ErrorCode code = error.Code == ErrorCode.NotLeader ? ErrorCode.UnknownLeaderEpoch : error.Code;
                owed.Add(new PartitionFetched(asked.Partition, new FetchAnswer(position.LeaderEpoch, position.Round, code, EpochEnd.Undefined, Offset.Zero, Offset.Zero), 0));
            }

            return;
        }

        SessionPartition partition = Find(asked.Partition, loop);
        FetchVerdict verdict = loop.Fetched(follower, brokerEpoch, position, out LeaderMarks marks);
        TaskCompletionSource? woken = null;
        lock (gate)
        {
            if (partition.IsArmed || partition.Position.LeaderEpoch != position.LeaderEpoch)
            {
                partition.Sent = LeaderMarks.None; // news of an older round may have come too late to be heeded
            }

            partition.Position = position;
            partition.IsArmed = verdict.IsServed;
            Interlocked.MemoryBarrier(); // who appends moves the end and then looks whether this is armed; here it is the other way round, so one of the two sees the other
            if (!verdict.IsServed)
            {
                woken = Owe(partition, Answer(position, marks) with { Error = verdict.Error, Diverging = verdict.Diverging });
            }
            else if (position.FetchOffset < loop.ServableEnd)
            {
                woken = MarkReady(partition);
            }
            else if (marks.IsNewsAfter(partition.Sent) && !partition.HasNews)
            {
                partition.HasNews = true;
                news.Add(partition);
            }
        }

        woken?.SetResult();
    }

    private SessionPartition Find(TopicPartition id, PartitionLoop loop)
    {
        SessionPartition? known;
        SessionPartition added = new(this, loop);
        lock (gate)
        {
            if (partitions.TryGetValue(id, out known) && known.Loop == loop)
            {
                return known;
            }

            partitions[id] = added;
        }

        known?.Loop.Unwatch(known);
        loop.Watch(added);
        return added;
    }

    private static FetchAnswer Answer(in FetchPosition position, in LeaderMarks marks) =>
        new(position.LeaderEpoch, position.Round, ErrorCode.None, EpochEnd.Undefined, marks.HighWatermark, marks.FirstKept) { PromisedStart = marks.PromisedStart, LogStart = marks.LogStart };

    /// <summary>Under the gate; the caller completes what it answers behind it.</summary>
    private TaskCompletionSource? Owe(SessionPartition partition, in FetchAnswer answer)
    {
        partition.IsArmed = false;
        owed.Add(new PartitionFetched(partition.Loop.Partition, answer, 0));
        return TakeWaiting();
    }

    /// <summary>Under the gate; the caller completes what it answers behind it.</summary>
    private TaskCompletionSource? MarkReady(SessionPartition partition)
    {
        if (partition.IsArmed && !partition.IsReady && !partition.IsHeld && !isClosed)
        {
            partition.IsReady = true;
            ready.Enqueue(partition);
        }

        return ready.Count > 0 ? TakeWaiting() : null;
    }

    /// <summary>What is owed to a replica that is being added waits until the bound allows more. False when it need not wait.</summary>
    private bool MustHold(SessionPartition partition)
    {
        TimeSpan wait = partition.Loop.IsAdding(follower) ? throttle.WaitOut() : TimeSpan.Zero;
        if (wait == TimeSpan.Zero)
        {
            return false;
        }

        lock (gate)
        {
            partition.IsArmed = true;
            partition.IsHeld = true;
            held.Add(partition);
            if (held.Count == 1 && !isClosed)
            {
                heldTimer.Change(wait, Timeout.InfiniteTimeSpan);
            }
        }

        return true;
    }

    private void LetGo()
    {
        TaskCompletionSource? woken = null;
        lock (gate)
        {
            foreach (SessionPartition partition in held)
            {
                partition.IsHeld = false;
                woken = MarkReady(partition) ?? woken;
            }

            held.Clear();
        }

        woken?.SetResult();
    }

    private TaskCompletionSource? TakeWaiting()
    {
        TaskCompletionSource? woken = waiting;
        waiting = null;
        return woken;
    }

    /// <summary>A time is over: the request is answered with what there is.</summary>
    private void EndWait(bool ofNews)
    {
        TaskCompletionSource? woken;
        lock (gate)
        {
            isTimed &= !ofNews;
            woken = !ofNews || news.Count > 0 ? TakeWaiting() : null;
        }

        woken?.SetResult();
    }

    /// <summary>What to wait for, or nothing to answer at once. The request that waited before is answered now.</summary>
    private Task Park(int maxWaitMillis)
    {
        TaskCompletionSource? before;
        TaskCompletionSource? parked = null;
        lock (gate)
        {
            before = TakeWaiting();
            if (maxWaitMillis > 0 && !isClosed && ready.Count == 0 && owed.Count == 0)
            {
                waiting = parked = new TaskCompletionSource(); // continued by whoever completes it: see the remarks
                patience.Change(TimeSpan.FromMilliseconds(maxWaitMillis), Timeout.InfiniteTimeSpan);
                if (news.Count > 0 && !isTimed)
                {
                    isTimed = true;
                    newsTimer.Change(options.HighWatermarkDelay, Timeout.InfiniteTimeSpan);
                }
            }
        }

        before?.SetResult();
        return parked?.Task ?? Task.CompletedTask;
    }
}
