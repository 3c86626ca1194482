using System.Collections.Concurrent;
using GoQueue.Client.Transport;

namespace GoQueue.Client.Consuming;

/// <summary>What the readers of one consumer share.</summary>
internal sealed class ReaderContext(GoQueueClientOptions client, ConsumerOptions options, GrpcChannel channel)
{
    private readonly ConcurrentDictionary<int, PartitionState> progress = new();

    public GoQueueClientOptions Client => client;

    public ConsumerOptions Options => options;

    public GrpcChannel Channel => channel;

    /// <summary>Over the consumer's own connection.</summary>
    public GoQueueAdmin Admin { get; } = new(channel);

    public PrefetchBudget Budget { get; } = new(options.PrefetchBytes);

    public IEnumerable<PartitionState> AllProgress => progress.OrderBy(pair => pair.Key).Select(pair => pair.Value);

    public PartitionState Progress(int partition) => progress.GetOrAdd(partition, number => new PartitionState(number));
}

/// <summary>What a reader puts out: a batch, or its end with or without a failure.</summary>
internal readonly record struct ReaderEvent(PartitionReader Reader, MessageBatch? Batch, GoQueueException? Failure);
