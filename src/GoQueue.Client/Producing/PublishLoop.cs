using System.Collections.Concurrent;
using GoQueue.Core;

namespace GoQueue.Client.Producing;

/// <summary>
/// Sends the batches of its partitions, each over the connection to its leader. A single loop owns the connections, the windows and every batch once it is closed;
/// senders only fill drafts and raise the signal. One turn: take what happened, settle, decide what to send, write it in one piece.
/// </summary>
/// <remarks>
/// Parts: this file, the loop and its inputs; <c>.Sending</c>, what goes out; <c>.Answers</c>, what comes back; <c>.Connection</c>, identity
/// and connections; <c>.Deadlines</c>, time.
/// </remarks>
internal sealed partial class PublishLoop
{
    private readonly ProducerContext context;
    private readonly Action roomFreed;
    private readonly ClientClock clock;
    private readonly WorkSignal signal = new();
    private readonly ConcurrentQueue<PartitionQueue> ready = new();
    private readonly ConcurrentQueue<ProducerBatch> lingering = new();
    private readonly ConcurrentQueue<Action> requests = new();
    private readonly HashSet<PartitionQueue> partitions = [];
    private readonly ITimer timer;
    private readonly Task running;
    private int lingerWatched;
    private long unsettled;
    private volatile bool isStopping;
    private volatile bool hasEnded;

    /// <param name="roomFreed">Called after messages were settled, for those who wait for room.</param>
    public PublishLoop(ProducerContext context, Action roomFreed)
    {
        this.context = context;
        this.roomFreed = roomFreed;
        clock = context.Clock;
        timer = clock.Time.CreateTimer(static signal => ((WorkSignal)signal!).Set(), signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        running = Task.Run(RunAsync);
    }

    /// <summary>Messages of a new draft wait in this loop from now on. Any thread, under the partition's lock.</summary>
    public void DraftOpened(ProducerBatch draft)
    {
        if (Interlocked.Increment(ref unsettled) == 1)
        {
            signal.Set(); // a loop without work sets no timer, and this partition may be scheduled already, at a link that waits for its next attempt
        }

        if (context.Options.Linger == TimeSpan.Zero)
        {
            Schedule(draft.Partition);
            return;
        }

        lingering.Enqueue(draft); // all wait equally long, so the queue is in order of their end
        if (Interlocked.Exchange(ref lingerWatched, 1) == 0)
        {
            signal.Set();
        }
    }

    /// <summary>The partition may have something to send. Any thread.</summary>
    public void Schedule(PartitionQueue partition)
    {
        if (partition.TrySchedule())
        {
            ready.Enqueue(partition);
            signal.Set();
        }
    }

    /// <summary>Sends everything there is, and counts it down in the request. Any thread.</summary>
    public void Flush(FlushRequest request) => Post(() =>
    {
        TakeNewPartitions();
        foreach (PartitionQueue partition in partitions)
        {
            partition.Flush(request);
        }

        request.Done();
    });

    /// <summary>Ends the loop; what is not settled by then fails.</summary>
    public async Task StopAsync()
    {
        isStopping = true;
        signal.Set();
        await running.ConfigureAwait(false);
        await timer.DisposeAsync().ConfigureAwait(false);
        foreach (PublishLink link in links.Values)
        {
            link.Dispose();
        }
    }

    private void Post(Action request)
    {
        requests.Enqueue(request);
        signal.Set();
        if (hasEnded)
        {
            TakeRequests(); // nobody else does any more
        }
    }

    private void TakeRequests()
    {
        while (requests.TryDequeue(out Action? request))
        {
            request();
        }
    }

    /// <summary>Never throws: a broken rule of ours fails the messages with its reason instead of leaving their senders waiting.</summary>
    private async Task RunAsync()
    {
        GoQueueException end = new(ErrorCode.Timeout, "the producer was disposed before the message was acknowledged");
        try
        {
            await WorkAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            end = new GoQueueException(ErrorCode.Internal, $"the producer stopped because of a fault of its own: {fault.Message}", fault);
        }

        await EndAsync(end).ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        while (!isStopping)
        {
            long now = clock.Ticks;
            TakeRequests();
            TakeAnswers(now);
            await LeaveBrokenAsync(now).ConfigureAwait(false);
            CloseLingering(now);
            CheckDeadlines(now);
            Recover(now);
            SendReady(now);
            Connect(now);
            if (settledSomething)
            {
                settledSomething = false;
                roomFreed();
            }

            if (!WriteFrames() && Rest(now))
            {
                await signal.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Partitions become known by being scheduled; those scheduled but not yet looked at are taken here.</summary>
    private void TakeNewPartitions()
    {
        foreach (PartitionQueue partition in ready)
        {
            partitions.Add(partition);
        }

        foreach (PublishLink link in links.Values)
        {
            foreach (PartitionQueue partition in link.Blocked)
            {
                partitions.Add(partition);
            }
        }

        foreach (ProducerBatch draft in lingering)
        {
            partitions.Add(draft.Partition);
        }
    }

    private async Task EndAsync(GoQueueException because)
    {
        foreach (PublishLink link in links.Values)
        {
            if (link.Call is { } call)
            {
                await call.FinishAsync().ConfigureAwait(false);
                await call.DisposeAsync().ConfigureAwait(false);
                link.Call = null;
            }
        }

        TakeNewPartitions();
        foreach (PartitionQueue partition in partitions)
        {
            FailPartition(partition, because);
        }

        hasEnded = true;
        TakeRequests();
        roomFreed();
    }

    /// <summary>Fails everything of a partition, and refuses more.</summary>
    private void FailPartition(PartitionQueue partition, GoQueueException because)
    {
        partition.Refuse(because);
        while (partition.Window.Batches.Count > 0)
        {
            ProducerBatch batch = partition.Window.Batches[0];
            partition.Window.Abandon(batch);
            Fail(batch, because);
        }

        while (partition.Take(evenOpen: true) is { } batch)
        {
            Fail(batch, because);
        }
    }

    private void Fail(ProducerBatch batch, GoQueueException because) => Settle(batch, because, -1, 0, 0, flushed: false);

    private void Settle(ProducerBatch batch, GoQueueException? error, long baseOffset, long timestampMillis, int replicas, bool flushed)
    {
        batch.Settle(error, baseOffset, timestampMillis, replicas, flushed);
        Interlocked.Decrement(ref unsettled);
        settledSomething = true;
    }
}
