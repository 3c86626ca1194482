using GoQueue.Client.Topics;
using GoQueue.Core;

namespace GoQueue.Client.Producing;

/// <summary>
/// One topic as a producer sees it: chooses the partition, and keeps in order the sends that have to wait, for the topic's layout or for room in the
/// buffer. A message that arrives while others wait queues behind them, so no message overtakes another of its key.
/// </summary>
internal sealed class TopicRoute(string topic, ProducerContext context, Func<PublishLoop> nextLoop)
{
    private readonly Lock gate = new();
    private readonly Queue<WaitingSend> waiting = new();
    private volatile Destination? destination;
    private volatile int waitingCount;
    private Task? loading;
    private GoQueueException? closed;
    private IDisposable? watch;
    private int sticky;

    public string Topic => topic;

    public int WaitingCount => waitingCount;

    /// <summary>The message goes straight into its partition's draft, or this answers false and it has to wait.</summary>
    /// <exception cref="GoQueueException">The message cannot be sent to this topic.</exception>
    public bool TrySend(in ProducerMessage message, long tag, DeliverySource? source, long size)
    {
        Destination? target = destination;
        if (target is null || waitingCount > 0)
        {
            Load();
            return false;
        }

        if (context.Catalog.IsAged(target.Layout))
        {
            Load();
        }

        return TryAppend(target, message, tag, source, size);
    }

    /// <summary>Puts a send behind those that wait.</summary>
    public void Wait(WaitingSend send)
    {
        lock (gate)
        {
            if (closed is not null)
            {
                send.Fail(closed.Copy());
                return;
            }

            waiting.Enqueue(send);
            waitingCount = waiting.Count;
            context.CountWaiting(1);
        }

        Load();
        Pump(); // the room or the layout may have come between the look and the queue
    }

    /// <summary>Lets waiting sends go, oldest first, as far as there is room.</summary>
    public void Pump()
    {
        if (waitingCount == 0)
        {
            return;
        }

        lock (gate)
        {
            while (waiting.TryPeek(out WaitingSend? send) && (send.IsOver || TryLetGo(send)))
            {
                waiting.Dequeue();
                waitingCount = waiting.Count;
                context.CountWaiting(-1);
                send.Left();
            }
        }
    }

    /// <summary>Fails what has waited too long.</summary>
    public void Expire(long now)
    {
        if (waitingCount == 0)
        {
            return;
        }

        lock (gate)
        {
            foreach (WaitingSend send in waiting)
            {
                if (now >= send.Deadline)
                {
                    string why = destination is null ? $"what the broker knows about topic '{topic}' did not arrive" : $"the buffer of {context.Memory.Limit} bytes stayed full";
                    send.Fail(new GoQueueException(ErrorCode.Timeout, $"{why} within {context.Options.MaxBlock.TotalSeconds} s; the message was not sent"));
                }
            }
        }

        Pump();
    }

    /// <summary>Fails everything that waits.</summary>
    public void Fail(GoQueueException because)
    {
        lock (gate)
        {
            context.CountWaiting(-waiting.Count);
            while (waiting.TryDequeue(out WaitingSend? send))
            {
                send.Fail(because.Copy());
            }

            waitingCount = 0;
        }
    }

    /// <summary>Refuses everything from now on and fails what is left. The loops have ended.</summary>
    public async Task CloseAsync(GoQueueException because)
    {
        lock (gate)
        {
            closed = because;
        }

        Fail(because);
        watch?.Dispose();
        await WhenIdleAsync().ConfigureAwait(false);
        foreach (PartitionQueue partition in destination?.Queues.Values.ToArray() ?? [])
        {
            partition.Refuse(because);
            while (partition.Take(evenOpen: true) is { } batch)
            {
                batch.Settle(because, -1, 0, 0, flushed: false);
            }
        }
    }

    /// <summary>What was waited for at this moment; a flush waits until each was let go or failed.</summary>
    public Task[] WaitingNow()
    {
        lock (gate)
        {
            return [.. waiting.Select(send => send.Over)];
        }
    }

    /// <summary>The sticky partition changes with every batch, so that batches fill before the next one begins.</summary>
    public void BatchClosed(int partition)
    {
        if (destination is { } target)
        {
            int at = Volatile.Read(ref sticky);
            if (target.Layout.Partitions[at % target.Layout.Partitions.Length] == partition)
            {
                Interlocked.CompareExchange(ref sticky, (at + 1) & int.MaxValue, at);
            }
        }
    }

    /// <summary>What the broker says about the topic now; partitions it no longer has refuse.</summary>
    /// <exception cref="GoQueueException">The broker could not be asked, or does not know the topic.</exception>
    public async Task<TopicLayout> RefreshAsync()
    {
        TopicLayout layout = await context.Catalog.RefreshAsync(topic).ConfigureAwait(false);
        Adopt(layout);
        Pump();
        return layout;
    }

    /// <summary>Where the partition's leader takes calls; null when that is not known now.</summary>
    public Uri? AddressOf(int partition) => destination is { } target ? context.Catalog.AddressOf(target.Layout, partition) : null;

    /// <summary>Completes when no question about the topic is under way.</summary>
    private Task WhenIdleAsync()
    {
        lock (gate)
        {
            return loading ?? Task.CompletedTask;
        }
    }

    private bool TryAppend(Destination target, in ProducerMessage message, long tag, DeliverySource? source, long size)
    {
        PartitionQueue partition = Choose(target, message);
        if (!context.Memory.TryReserve(size))
        {
            return false;
        }

        GoQueueException? refusal = partition.TryAppend(message, target.Layout.MaxMessageBytes, tag, source, size);
        if (refusal is not null)
        {
            context.Memory.Release(size);
            throw refusal;
        }

        return true;
    }

    private PartitionQueue Choose(Destination target, in ProducerMessage message)
    {
        if (message.Partition is { } wanted)
        {
            return target.Queues.TryGetValue(wanted, out PartitionQueue? queue)
                ? queue
                : throw new GoQueueException(ErrorCode.UnknownPartition, $"topic '{topic}' has no partition {wanted}, it has {target.Layout.Partitions.Length}");
        }

        int partition = message.Key is { } key
            ? target.Layout.PartitionOf(key.Span)
            : target.Layout.Partitions[Volatile.Read(ref sticky) % target.Layout.Partitions.Length];
        return target.Queues[partition];
    }

    private bool TryLetGo(WaitingSend send)
    {
        if (destination is not { } target)
        {
            return false;
        }

        try
        {
            return send.TryLetGo((in ProducerMessage message, long tag, DeliverySource? source, long size) => TryAppend(target, message, tag, source, size));
        }
        catch (GoQueueException refusal)
        {
            send.Fail(refusal);
            return true;
        }
    }

    /// <summary>Asks for the layout unless that is under way.</summary>
    private void Load()
    {
        if (destination is { } target && !context.Catalog.IsAged(target.Layout))
        {
            return;
        }

        lock (gate)
        {
            if (loading is null or { IsCompleted: true })
            {
                loading = LoadAsync();
            }
        }
    }

    /// <summary>Never throws. Asks until the answer is there, the topic is refused, or nobody waits any more.</summary>
    private async Task LoadAsync()
    {
        await Task.Yield(); // the caller holds the gate
        for (int failures = 1; ; failures++)
        {
            try
            {
                Adopt(await context.Catalog.GetAsync(topic).ConfigureAwait(false));
                Pump();
                return;
            }
            catch (Exception failure)
            {
                if (failure is not GoQueueException { IsRetriable: true })
                {
                    Fail(failure as GoQueueException ?? new GoQueueException(ErrorCode.Internal, $"asking about topic '{topic}' failed: {failure.Message}", failure));
                    return;
                }

                if (waitingCount == 0)
                {
                    return; // includes the end of the producer, which fails those that wait
                }
            }

            await Task.Delay(Backoff.After(failures, context.Client), context.Client.Time).ConfigureAwait(false);
        }
    }

    /// <summary>Layouts may come from several sides; an older one is not taken.</summary>
    private void Adopt(TopicLayout layout)
    {
        List<PartitionQueue> moved = [];
        lock (gate)
        {
            TopicLayout? before = destination?.Layout;
            layout = layout.After(before);
            Dictionary<int, PartitionQueue> queues = [];
            foreach (int partition in layout.Partitions)
            {
                PartitionQueue? queue = null;
                destination?.Queues.TryGetValue(partition, out queue);
                if (queue is not null && before!.LeaderOf(partition) != layout.LeaderOf(partition))
                {
                    moved.Add(queue);
                }

                queue ??= new PartitionQueue(this, partition, nextLoop(), context);
                queue.Accept();
                queues.Add(partition, queue);
            }

            destination = new Destination(layout, queues);
            if (watch is null && closed is null)
            {
                watch = context.Catalog.Watch(topic, Changed);
            }
        }

        moved.ForEach(static queue => queue.LeaderChanged());
    }

    /// <summary>News of the topic, from the catalog.</summary>
    private void Changed(TopicLayout layout)
    {
        Adopt(layout);
        Pump();
    }

    private sealed record Destination(TopicLayout Layout, Dictionary<int, PartitionQueue> Queues);
}
