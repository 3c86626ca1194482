using GoQueue.Core;
using GoQueue.Core.Scheduling;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Lets readers at the end of a partition wait for its high watermark to pass them. Costs the writer one volatile read when nobody waits.</summary>
internal sealed class CommitSignal
{
    private readonly Lock gate = new();
    private readonly List<(Offset Position, TaskCompletionSource Source)> waiters = [];
    private volatile int waiterCount;
    private bool closed;

    /// <summary>Called after the watermark became visible to readers: wakes those it has passed.</summary>
    public void Advanced(Offset highWatermark)
    {
        if (waiterCount == 0)
        {
            return;
        }

        lock (gate)
        {
            for (int i = waiters.Count - 1; i >= 0; i--)
            {
                if (waiters[i].Position < highWatermark)
                {
                    waiters[i].Source.TrySetResult();
                    waiters.RemoveAt(i);
                }
            }

            waiterCount = waiters.Count;
        }
    }

    /// <summary>Wakes everybody who waits now, to look again: the leader changed.</summary>
    public void WakeAll()
    {
        lock (gate)
        {
            foreach ((_, TaskCompletionSource source) in waiters)
            {
                source.TrySetResult();
            }

            waiters.Clear();
            waiterCount = 0;
        }
    }

    /// <summary>Wakes everybody, now and later: the partition stops.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            foreach ((_, TaskCompletionSource source) in waiters)
            {
                source.TrySetResult();
            }

            waiters.Clear();
            waiterCount = 0;
        }
    }

    /// <summary>
    /// Returns when the watermark may have passed <paramref name="position"/>, the time is over or the partition stops; the caller looks again.
    /// </summary>
    /// <remarks>
    /// No lost wake-up: the waiter is registered before <paramref name="current"/> is read again; the writer publishes the watermark
    /// before it looks for waiters. One of the two sees the other.
    /// </remarks>
    public async ValueTask WaitAsync(Offset position, Func<Offset> current, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            waiters.Add((position, source));
            waiterCount = waiters.Count;
        }

        Interlocked.MemoryBarrier();
        try
        {
            if (current() <= position)
            {
                await source.Task.WithinAsync(timeout, time, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
            // the time is over: the caller answers with nothing
        }
        finally
        {
            Forget(source);
        }
    }

    private void Forget(TaskCompletionSource source)
    {
        lock (gate)
        {
            waiters.RemoveAll(waiter => ReferenceEquals(waiter.Source, source));
            waiterCount = waiters.Count;
        }
    }
}
