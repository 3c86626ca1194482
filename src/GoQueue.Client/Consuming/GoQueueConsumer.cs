using System.Runtime.CompilerServices;
using System.Threading.Channels;
using GoQueue.Client.Consuming;
using GoQueue.Client.Topics;
using GoQueue.Client.Transport;
using GoQueue.Core;

namespace GoQueue.Client;

/// <summary>
/// Reads partitions of a topic by offset, in log order per partition. It reads ahead within <see cref="ConsumerOptions.PrefetchBytes"/>, and when a
/// connection breaks it goes on at exactly the next offset, without repeats or gaps. One enumeration at a time; the other members are safe from any
/// thread.
/// </summary>
/// <remarks>
/// An enumeration that ends may be followed by another one, which goes on where the last one stopped: after the last message handed out by
/// <see cref="ReadAsync"/>, after the last batch handed out by <see cref="ReadBatchesAsync"/>. Positions live in memory only.
/// </remarks>
public sealed partial class GoQueueConsumer : IAsyncDisposable
{
    private readonly ReaderContext context;
    private readonly Lock gate = new();
    private readonly Dictionary<int, PartitionReader> readers = [];
    private readonly HashSet<int> finished = [];
    private readonly List<Task> stopped = [];

    // Bounded by the prefetch budget, which every batch has passed; ends and failures come once per reader.
    private readonly Channel<ReaderEvent> events = Channel.CreateUnbounded<ReaderEvent>(new UnboundedChannelOptions { SingleReader = true });
    private int[]? partitions;
    private IDisposable? watch;
    private int isEnumerating;
    private int disposed;

    internal GoQueueConsumer(GoQueueClientOptions client, ConsumerOptions options, GoQueueAdmin admin, TopicCatalog catalog, ClusterNodes nodes)
    {
        context = new ReaderContext(client, options, admin, catalog, nodes);
    }

    /// <summary>How far the consumer is, by partition. Empty before the first enumeration.</summary>
    public IReadOnlyList<PartitionProgress> Progress => [.. context.AllProgress.Select(state => state.Snapshot())];

    internal ReaderContext Context => context;

    /// <summary>The next offset of this partition to hand out; -1 when not known yet.</summary>
    /// <param name="partition">A partition that this consumer reads.</param>
    public long PositionOf(int partition) => context.Progress(partition).Position;

    /// <summary>
    /// Makes reading of this partition go on at an offset. What was read ahead is dropped; a batch or message being looked at stays valid.
    /// </summary>
    /// <param name="partition">A partition that this consumer reads.</param>
    /// <param name="offset">0 or more; whether it is in the log shows when it is read.</param>
    /// <param name="lastEpoch">
    /// Leader epoch of the message before it, as it was read: a log that lost that message is then noticed (<see cref="ConsumerOptions.OnTruncated"/>). -1, the
    /// default: what stands there now is read.
    /// </param>
    public void Seek(int partition, long offset, int lastEpoch = -1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        lock (gate)
        {
            if (partitions is not null && !partitions.Contains(partition))
            {
                throw new ArgumentException($"this consumer does not read partition {partition}", nameof(partition));
            }

            context.Progress(partition).Jumped(offset, EpochTrail.Empty.With(lastEpoch, offset - 1));
            Drop(partition);
            if (partitions is not null)
            {
                StartReader(partition);
            }
        }
    }

    /// <summary>Reads messages one by one, each a copy of its own. Positions move with every message.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="GoQueueException">
    /// UnknownTopic, UnknownPartition, OffsetOutOfRange (see <see cref="ConsumerOptions.OnOutOfRange"/>), LogTruncated (see
    /// <see cref="ConsumerOptions.OnTruncated"/>), CorruptBatch, or what else is not worth a retry. Retriable failures are retried for ever.
    /// </exception>
    public async IAsyncEnumerable<ConsumedMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<ConsumedMessage> messages = [];
        await foreach (MessageBatch batch in EnumerateAsync(movesPosition: false, cancellationToken).ConfigureAwait(false))
        {
            PartitionState state = context.Progress(batch.Partition);
            PartitionReader reader = batch.Source;
            messages.Clear();
            foreach (MessageView message in batch)
            {
                messages.Add(new ConsumedMessage(batch.Topic, batch.Partition, message));
            }

            long next = batch.NextOffset;
            EpochTrail trail = batch.Trail;
            int handedOut = 0;
            try
            {
                while (handedOut < messages.Count && IsCurrent(reader))
                {
                    ConsumedMessage message = messages[handedOut++];
                    state.HandedOut(message.Offset + 1, batch.Trail);
                    yield return message;
                }
            }
            finally
            {
                Finish(reader, state, handedOut == messages.Count, next, trail);
            }
        }
    }

    /// <summary>
    /// Reads messages as they come, many at a time, and decodes them in place. A batch is valid until the next step of the enumeration. Positions
    /// move when a batch is handed out.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="GoQueueException">See <see cref="ReadAsync"/>.</exception>
    public IAsyncEnumerable<MessageBatch> ReadBatchesAsync(CancellationToken cancellationToken = default) =>
        EnumerateAsync(movesPosition: true, cancellationToken);

    /// <summary>Ends reading and closes the connection. An enumeration under way throws <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        Task[] stopping;
        watch?.Dispose();
        lock (gate)
        {
            foreach (int partition in readers.Keys.ToArray())
            {
                Drop(partition);
            }

            stopping = [.. stopped];
        }

        await Task.WhenAll(stopping).ConfigureAwait(false);
        events.Writer.TryComplete();
        if (Volatile.Read(ref isEnumerating) == 0)
        {
            ReleaseReadAhead();
        }

        context.Dispose();
    }

    private async IAsyncEnumerable<MessageBatch> EnumerateAsync(bool movesPosition, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        if (Interlocked.Exchange(ref isEnumerating, 1) != 0)
        {
            throw new InvalidOperationException("the consumer is being enumerated already; use one consumer per reader");
        }

        try
        {
            await StartAsync(cancellationToken).ConfigureAwait(false);
            while (!IsFinished)
            {
                ReaderEvent next = await NextAsync(cancellationToken).ConfigureAwait(false);
                if (next.Batch is { } batch)
                {
                    try
                    {
                        context.Progress(batch.Partition).Saw(batch);
                        if (movesPosition)
                        {
                            context.Progress(batch.Partition).HandedOut(batch.NextOffset, batch.Trail);
                        }

                        yield return batch;
                    }
                    finally
                    {
                        GiveBack(batch);
                    }
                }
                else if (next.Truncation is { } truncation)
                {
                    context.Progress(next.Reader.Partition).Jumped(truncation.Told.DivergesAt, truncation.Left);
                    context.Options.OnTruncation?.Invoke(truncation.Told);
                }
                else
                {
                    Ended(next);
                }
            }
        }
        finally
        {
            Volatile.Write(ref isEnumerating, 0);
            if (Volatile.Read(ref disposed) != 0)
            {
                ReleaseReadAhead();
            }
        }
    }

    private bool IsFinished
    {
        get
        {
            lock (gate)
            {
                return finished.Count == partitions!.Length;
            }
        }
    }

    /// <summary>The next event of a reader that was not replaced.</summary>
    private async ValueTask<ReaderEvent> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReaderEvent next;
            while (!events.Reader.TryRead(out next))
            {
                bool isOpen = await events.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
                ObjectDisposedException.ThrowIf(!isOpen, this);
            }

            if (IsCurrent(next.Reader))
            {
                return next;
            }

            if (next.Batch is not null)
            {
                GiveBack(next.Batch);
            }
        }
    }

    private bool IsCurrent(PartitionReader reader)
    {
        lock (gate)
        {
            return readers.TryGetValue(reader.Partition, out PartitionReader? current) && current == reader;
        }
    }
}
