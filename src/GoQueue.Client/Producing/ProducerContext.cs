using GoQueue.Client.Topics;
using GoQueue.Client.Transport;

namespace GoQueue.Client.Producing;

/// <summary>What the parts of one producer share.</summary>
internal sealed class ProducerContext(
    GoQueueClientOptions client, ProducerOptions options, GoQueueAdmin admin, TopicCatalog catalog, ClusterNodes nodes)
{
    private int waitingSends;

    public GoQueueClientOptions Client => client;

    public ProducerOptions Options => options;

    public GoQueueAdmin Admin => admin;

    public TopicCatalog Catalog => catalog;

    public ClusterNodes Nodes => nodes;

    public ClientClock Clock { get; } = new(client.Time);

    public MemoryBudget Memory { get; } = new(options.BufferBytes);

    public BuilderPool Builders { get; } = new();

    public DeliverySource.Pool Sources { get; } = new();

    /// <summary>Sends that wait for room or for a topic, over all topics.</summary>
    public int WaitingSends => Volatile.Read(ref waitingSends);

    public void CountWaiting(int change) => Interlocked.Add(ref waitingSends, change);

    public ProducerCounters Counters { get; } = new();
}
