using System.Collections.Concurrent;
using GoQueue.Client.Topics;
using GoQueue.Client.Transport;

namespace GoQueue.Client.Consuming;

/// <summary>What the readers of one consumer share.</summary>
internal sealed class ReaderContext(GoQueueClientOptions client, ConsumerOptions options, GoQueueAdmin admin, TopicCatalog catalog, ClusterNodes nodes) : IDisposable
{
    private readonly ConcurrentDictionary<int, PartitionState> progress = new();
    private readonly ConcurrentDictionary<Uri, GrpcChannel> channels = new();

    public GoQueueClientOptions Client => client;

    public ConsumerOptions Options => options;

    public GoQueueAdmin Admin => admin;

    public TopicCatalog Catalog => catalog;

    public ClusterNodes Nodes => nodes;

    public PrefetchBudget Budget { get; } = new(options.PrefetchBytes);

    public IEnumerable<PartitionState> AllProgress => progress.OrderBy(pair => pair.Key).Select(pair => pair.Value);

    public PartitionState Progress(int partition) => progress.GetOrAdd(partition, number => new PartitionState(number));

    /// <summary>The consumer's own connection to that node.</summary>
    public GrpcChannel ChannelTo(Uri address) => channels.GetOrAdd(address, static (at, client) => new GrpcChannel(client, at), client);

    public void Dispose()
    {
        foreach (GrpcChannel channel in channels.Values)
        {
            channel.Dispose();
        }
    }
}

/// <summary>What a reader puts out: a batch, news of a truncation that it goes on after, or its end with or without a failure.</summary>
internal readonly record struct ReaderEvent(PartitionReader Reader, MessageBatch? Batch, GoQueueException? Failure, PassedTruncation? Truncation = null);

/// <param name="Told">For the user.</param>
/// <param name="Left">The leaderships of what both histories share.</param>
internal sealed record PassedTruncation(LogTruncation Told, EpochTrail Left);
