using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Replication;
using GoQueue.Replication.Wire;

namespace GoQueue.Broker.Replication.Following;

/// <summary>
/// This node's fetch session with one leader: the partitions it follows there. A partition goes its round on its own (position sent, data received, appended,
/// flushed, next position); what is ready when a request leaves goes with it. At most two requests are under way: one waits at the leader, one reports.
/// </summary>
/// <remarks>
/// Whoever changes something sends what is due, on its own thread (<see cref="Pump"/>): the flush of a follower is on the way of every acknowledgement, and
/// waking another thread behind it costs more than the request.
/// <code>
/// session    meaning                                              leaves by
/// none       the next request names every partition and waits     its answer: open; a failure: none, after a pause
///            for its answer alone
/// open       requests name what changed                           a refusal or failure: none
/// </code>
/// </remarks>
internal sealed partial class LeaderFetcher
{
    private const int MaxUnderWay = 2;

    private readonly NodeId leader;
    private readonly ReplicationOptions options;
    private readonly BrokerEnvironment environment;
    private readonly IPeerTransport peers;
    private readonly ReassignmentThrottle throttle;
    private readonly Lock gate = new();
    private readonly SortedDictionary<TopicPartition, FollowedPartition> partitions = [];
    private readonly List<TopicPartition> forgotten = [];
    private readonly List<Task> exchanges = [];
    private readonly ITimer retryTimer;
    private readonly ITimer pauseTimer;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationToken stopped;
    private List<FollowedPartition> dirty = [];
    private List<FollowedPartition> retrying = [];
    private long session;
    private long opening; // counts sessions begun here, so that answers of an older one change nothing
    private int sequence;
    private int underWay;
    private bool isPaused;
    private bool isStopped;
    private bool isRetryAsked;
    private bool isPumping;
    private bool mustPumpAgain;

    public LeaderFetcher(NodeId leader, ReplicationOptions options, BrokerEnvironment environment, IPeerTransport peers, ReassignmentThrottle throttle)
    {
        this.throttle = throttle;
        this.leader = leader;
        this.options = options;
        this.environment = environment;
        this.peers = peers;
        stopped = stopping.Token;
        retryTimer = environment.Time.CreateTimer(_ => Retry(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        pauseTimer = environment.Time.CreateTimer(_ => Hurry(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins with a partition, or begins anew: its position is sent.</summary>
    public void Follow(PartitionLoop loop)
    {
        lock (gate)
        {
            if (!partitions.TryGetValue(loop.Partition, out FollowedPartition? followed) || followed.Loop != loop)
            {
                followed = new FollowedPartition(loop);
                partitions[loop.Partition] = followed;
            }

            MarkDirty(followed);
        }

        Pump();
    }

    public void Unfollow(PartitionLoop loop)
    {
        lock (gate)
        {
            if (partitions.TryGetValue(loop.Partition, out FollowedPartition? followed) && followed.Loop == loop)
            {
                partitions.Remove(loop.Partition);
                forgotten.Add(loop.Partition);
            }
        }

        Pump();
    }

    /// <summary>The partition's position changed: tell the leader.</summary>
    public void Positioned(PartitionLoop loop)
    {
        lock (gate)
        {
            if (partitions.TryGetValue(loop.Partition, out FollowedPartition? followed) && followed.Loop == loop)
            {
                MarkDirty(followed);
            }
        }

        Pump();
    }

    /// <summary>The leader refused: ask again after a pause.</summary>
    public void RetryLater(PartitionLoop loop)
    {
        lock (gate)
        {
            if (partitions.TryGetValue(loop.Partition, out FollowedPartition? followed) && followed.Loop == loop)
            {
                retrying.Add(followed);
                RetryWithin(options.RetryPause);
            }
        }
    }

    /// <summary>The link is up again, the registration changed, or the pause is over: what waits goes at once.</summary>
    public void Hurry()
    {
        lock (gate)
        {
            isPaused = false;
        }

        Pump();
    }

    /// <summary>Returns when nothing of it is under way any more.</summary>
    public async Task StopAsync()
    {
        Task[] last;
        lock (gate)
        {
            isStopped = true;
        }

        stopping.Cancel();
        lock (gate)
        {
            last = [.. exchanges];
        }

        await TaskWaiting.AllAsync(last);
        await retryTimer.DisposeAsync();
        await pauseTimer.DisposeAsync();
        stopping.Dispose();
    }

    private void MarkDirty(FollowedPartition followed)
    {
        if (!followed.IsDirty)
        {
            followed.IsDirty = true;
            dirty.Add(followed);
        }
    }

    /// <summary>Never put off by those that come later. Under the gate.</summary>
    private void RetryWithin(TimeSpan pause)
    {
        if (!isRetryAsked)
        {
            isRetryAsked = true;
            retryTimer.Change(pause, Timeout.InfiniteTimeSpan);
        }
    }

    private void Retry()
    {
        lock (gate)
        {
            isRetryAsked = false;
            List<FollowedPartition> due = retrying;
            retrying = [];
            foreach (FollowedPartition followed in due)
            {
                if (partitions.TryGetValue(followed.Loop.Partition, out FollowedPartition? current) && ReferenceEquals(current, followed))
                {
                    MarkDirty(followed);
                }
            }
        }

        Pump();
    }

    /// <summary>
    /// Sends the requests that are due. One caller at a time, so that they leave in their order; who comes meanwhile leaves it to that one. Outside the gate;
    /// bounded by the requests that may be under way.
    /// </summary>
    private void Pump()
    {
        lock (gate)
        {
            if (isPumping)
            {
                mustPumpAgain = true;
                return;
            }

            isPumping = true;
        }

        while (true)
        {
            while (Draft() is { } request)
            {
                Begin(request);
            }

            lock (gate)
            {
                if (!mustPumpAgain)
                {
                    isPumping = false;
                    return;
                }

                mustPumpAgain = false;
            }
        }
    }

    /// <summary>The next request when one is due: something changed, or none waits at the leader.</summary>
    private (ReplicaFetchRequest Request, long Opening)? Draft()
    {
        BrokerEpoch brokerEpoch = environment.Registration.Value;
        List<FollowedPartition> named;
        List<TopicPartition> gone;
        (long Session, long Opening, int Sequence) of;
        lock (gate)
        {
            bool isNew = session == 0;
            bool isDue = partitions.Count > 0 && (isNew ? underWay == 0 : underWay == 0 || (underWay < MaxUnderWay && (dirty.Count > 0 || forgotten.Count > 0)));
            if (!isDue || isPaused || isStopped || brokerEpoch.IsNone)
            {
                return null;
            }

            if (isNew)
            {
                sequence = 0;
                opening++;
                named = [.. partitions.Values.Take(ReplicaFetchCodec.MaxEntries)];
                gone = [];
            }
            else
            {
                named = dirty;
                gone = [.. forgotten];
            }

            dirty = [];
            forgotten.Clear();
            named.ForEach(followed => followed.IsDirty = false);
            Postpone(named);
            of = (session, opening, sequence++);
            underWay++;
        }

        List<PartitionPosition> positions = new(named.Count);
        foreach (FollowedPartition followed in named)
        {
            if (followed.Loop.NextFetch(leader) is { } position)
            {
                positions.Add(new PartitionPosition(followed.Loop.Partition, position));
            }
        }

        // Of the session that its positions were chosen for, also when that has ended since: in another one it would name too little.
        return (new ReplicaFetchRequest(of.Session, of.Sequence, brokerEpoch, (int)options.FetchMaxWait.TotalMilliseconds, options.FetchMaxBytes, positions, gone) { TakesOffers = true }, of.Opening);
    }

    /// <summary>Replicas that are being added ask for nothing more while the bound on them is reached. Under the gate.</summary>
    private void Postpone(List<FollowedPartition> named)
    {
        TimeSpan wait = throttle.WaitIn();
        if (wait == TimeSpan.Zero)
        {
            return;
        }

        int before = retrying.Count;
        retrying.AddRange(named.Where(followed => followed.Loop.IsBeingAdded));
        if (retrying.Count > before)
        {
            named.RemoveAll(followed => followed.Loop.IsBeingAdded);
            RetryWithin(wait < options.RetryPause ? wait : options.RetryPause);
        }
    }

    private void Begin((ReplicaFetchRequest Request, long Opening) drafted)
    {
        Task exchange = ExchangeAsync(drafted.Request, drafted.Opening);
        lock (gate)
        {
            exchanges.RemoveAll(static task => task.IsCompleted);
            exchanges.Add(exchange);
        }
    }
}
