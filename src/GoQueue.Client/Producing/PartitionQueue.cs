using System.Text;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Client.Producing;

/// <summary>
/// The messages of one partition on their way out. Two halves: drafts and closed batches under a lock, filled by any thread; the window of
/// sent batches, which the publish loop owns.
/// </summary>
internal sealed class PartitionQueue
{
    /// <summary>Batches that get smaller by compression may hold more than the topic takes; the server judges what arrives. Bound of one message then.</summary>
    private const int MaxUncompressedBytes = 64 << 20;

    private readonly TopicRoute route;
    private readonly PublishLoop loop;
    private readonly ProducerContext context;
    private readonly Lock gate = new();
    private readonly ProducerBatch?[] open = new ProducerBatch?[(int)PriorityLane.Background + 1];
    private readonly Queue<ProducerBatch> closed = new();
    private GoQueueException? gone;
    private int scheduled;

    public PartitionQueue(TopicRoute route, int index, PublishLoop loop, ProducerContext context)
    {
        this.route = route;
        this.loop = loop;
        this.context = context;
        Index = index;
        TopicBytes = Encoding.UTF8.GetBytes(route.Topic);
        Window = new InFlightWindow(context.Options.IsIdempotent, context.Options.MaxInFlightPerPartition);
    }

    public string Topic => route.Topic;

    public TopicRoute Route => route;

    public ReadOnlyMemory<byte> TopicBytes { get; }

    public int Index { get; }

    // The rest up to the methods is the loop's.
    public InFlightWindow Window { get; }

    /// <summary>Nothing goes again before this tick.</summary>
    public long RetryAt { get; set; }

    public long LastDeliveryAt { get; set; }

    /// <summary>The last answer that asked for another try.</summary>
    public Error LastProblem { get; set; }

    /// <summary>Nothing goes again before it is known whether the partition is still there.</summary>
    public bool IsRefreshing { get; set; }

    /// <summary>A question who leads it is under way.</summary>
    public bool IsAsking { get; set; }

    /// <summary>Where its batches go; null before the first.</summary>
    public PublishLink? Link { get; set; }

    /// <summary>Another node leads it. Any thread.</summary>
    public void LeaderChanged() => loop.LeaderChanged(this);

    /// <summary>True for the first of several attempts to put the partition on the loop's list.</summary>
    public bool TrySchedule() => Interlocked.Exchange(ref scheduled, 1) == 0;

    public void ClearScheduled() => Volatile.Write(ref scheduled, 0);

    /// <summary>Takes a message into the draft of its lane. The caller has reserved its bytes and keeps the reservation on failure.</summary>
    /// <returns>Null when accepted.</returns>
    public GoQueueException? TryAppend(in ProducerMessage message, int maxMessageBytes, long tag, DeliverySource? source, long reserved)
    {
        int largest = context.Options.Compression == CompressionCodec.None ? maxMessageBytes : Math.Max(maxMessageBytes, MaxUncompressedBytes);
        int usual = Math.Min(context.Options.BatchBytes, largest);
        UnixMillis timestamp = message.Timestamp is { } given ? new UnixMillis(given.ToUnixTimeMilliseconds()) : context.Clock.Wall;
        lock (gate)
        {
            if (gone is not null)
            {
                return gone.Copy();
            }

            ref ProducerBatch? draft = ref open[(int)message.Priority];
            if (draft is not null && !draft.TryAppend(message, timestamp, usual, tag, source, reserved))
            {
                Close(ref draft);
            }
            else if (draft is not null)
            {
                CloseIfFull(ref draft);
                return null;
            }

            ProducerBatch fresh = new(this, message.Priority, context.Clock.Ticks, context);
            if (!fresh.TryAppend(message, timestamp, largest, tag, source, reserved))
            {
                fresh.Discard();
                return new GoQueueException(
                    ErrorCode.MessageTooLarge,
                    $"the message does not fit a batch of {largest} bytes, which is what topic '{Topic}' takes (key {message.Key?.Length ?? 0} bytes, value {message.Value?.Length ?? 0} bytes)");
            }

            draft = fresh;
            loop.DraftOpened(fresh);
            CloseIfFull(ref draft);
            return null;
        }
    }

    /// <summary>The next batch to send, or null. A draft is taken as well when <paramref name="evenOpen"/>.</summary>
    public ProducerBatch? Take(bool evenOpen)
    {
        lock (gate)
        {
            if (closed.Count == 0 && evenOpen)
            {
                CloseDrafts();
            }

            return closed.TryDequeue(out ProducerBatch? batch) ? batch : null;
        }
    }

    /// <summary>The oldest closed batch if it was made before; it is taken out.</summary>
    public ProducerBatch? TakeOlderThan(long createdBefore)
    {
        lock (gate)
        {
            for (int lane = 0; lane < open.Length; lane++)
            {
                if (open[lane] is { } draft && draft.CreatedAt < createdBefore)
                {
                    Close(ref open[lane]);
                }
            }

            return closed.TryPeek(out ProducerBatch? oldest) && oldest.CreatedAt < createdBefore ? closed.Dequeue() : null;
        }
    }

    /// <summary>The draft's time is over.</summary>
    public void CloseDraft(ProducerBatch batch)
    {
        lock (gate)
        {
            if (open[(int)batch.Lane] == batch)
            {
                Close(ref open[(int)batch.Lane]);
            }
        }
    }

    /// <summary>Closes all drafts and makes the waiter wait for everything not settled here.</summary>
    public void Flush(FlushRequest request)
    {
        lock (gate)
        {
            CloseDrafts();
            foreach (ProducerBatch batch in closed)
            {
                Attach(batch, request);
            }
        }

        foreach (ProducerBatch batch in Window.Batches)
        {
            Attach(batch, request);
        }
    }

    /// <summary>Refuses everything from now on; what is there already is taken out by <see cref="Take"/>.</summary>
    public void Refuse(GoQueueException because)
    {
        lock (gate)
        {
            gone = because;
        }
    }

    /// <summary>The topic has this partition after all.</summary>
    public void Accept()
    {
        lock (gate)
        {
            gone = null;
        }
    }

    private static void Attach(ProducerBatch batch, FlushRequest request)
    {
        request.Add();
        batch.Flush = new FlushWaiter(request, batch.Flush);
    }

    private void CloseIfFull(ref ProducerBatch? draft)
    {
        if (draft!.Count >= context.Options.BatchMessages || draft.EstimatedSize >= context.Options.BatchBytes)
        {
            Close(ref draft);
        }
    }

    private void CloseDrafts()
    {
        for (int lane = 0; lane < open.Length; lane++)
        {
            if (open[lane] is not null)
            {
                Close(ref open[lane]);
            }
        }
    }

    private void Close(ref ProducerBatch? draft)
    {
        ProducerBatch batch = draft!;
        draft = null;
        batch.IsClosed = true;
        closed.Enqueue(batch);
        route.BatchClosed(Index);
        loop.Schedule(this);
    }
}
