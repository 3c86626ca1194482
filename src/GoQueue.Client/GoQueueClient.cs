using GoQueue.Client.Producing;
using GoQueue.Client.Topics;
using GoQueue.Client.Transport;

namespace GoQueue.Client;

/// <summary>
/// The way to a cluster. Make one per process and cluster and share it: it is safe to use from any thread. It learns the nodes and who leads which
/// partition, hears of changes, and goes there. Producers and consumers have connections
/// of their own and are disposed before their client.
/// </summary>
public sealed class GoQueueClient : IAsyncDisposable
{
    private readonly GoQueueClientOptions options;
    private readonly ClusterCaller caller;
    private readonly TopicCatalog catalog;
    private int disposed;

    private GoQueueClient(GoQueueClientOptions options, IReadOnlyList<Uri> addresses)
    {
        this.options = options;
        caller = new ClusterCaller(options, new ClusterNodes(addresses));
        Admin = new GoQueueAdmin(caller);
        Cluster = new GoQueueClusterAdmin(caller);
        catalog = new TopicCatalog(caller, options);
    }

    /// <summary>Topics and offsets.</summary>
    public GoQueueAdmin Admin { get; }

    /// <summary>Nodes, replicas and leaders.</summary>
    public GoQueueClusterAdmin Cluster { get; }

    /// <summary>A client with these options. Nothing is sent yet: the first call opens a connection, and says so when it cannot.</summary>
    /// <exception cref="ArgumentException">An option is outside its bounds; all mistakes are named.</exception>
    public static GoQueueClient Connect(GoQueueClientOptions options) => new(options, options.Validate());

    /// <summary>A client with default options for <paramref name="address"/>; see <see cref="GoQueueClientOptions.Address"/>.</summary>
    public static GoQueueClient Connect(string address) => Connect(new GoQueueClientOptions { Address = address });

    /// <summary>A new producer. Dispose it to send what it holds; see <see cref="GoQueueProducer"/>.</summary>
    /// <param name="producer">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its bounds; all mistakes are named.</exception>
    public GoQueueProducer CreateProducer(ProducerOptions? producer = null)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ProducerOptions checkedOptions = producer ?? new ProducerOptions();
        checkedOptions.Validate();
        return new GoQueueProducer(new ProducerContext(options, checkedOptions, Admin, catalog, caller.Nodes));
    }

    /// <summary>A new consumer. It reads nothing until it is enumerated; see <see cref="GoQueueConsumer"/>.</summary>
    /// <exception cref="ArgumentException">An option is outside its bounds; all mistakes are named.</exception>
    public GoQueueConsumer CreateConsumer(ConsumerOptions consumer)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        consumer.Validate();
        return new GoQueueConsumer(options, consumer, Admin, catalog, caller.Nodes);
    }

    /// <summary>Closes the connections of administrative calls. Producers and consumers are disposed on their own, before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await catalog.DisposeAsync().ConfigureAwait(false);
            caller.Dispose();
        }
    }
}
