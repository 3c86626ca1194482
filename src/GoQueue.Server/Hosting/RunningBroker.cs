using GoQueue.Broker.Requests;

namespace GoQueue.Server.Hosting;

/// <summary>A recovered broker behind its three ports. <see cref="CloseAsync"/> drains, flushes and leaves the clean-shutdown marks.</summary>
internal sealed record RunningBroker(
    ITopicRequests Topics,
    IPartitionRequests Partitions,
    IProducerRequests Producers,
    Func<Task> CloseAsync);

/// <summary>Opens and recovers a broker. Throws <see cref="StartRefusedException"/> when the data directory must not be used.</summary>
internal delegate Task<RunningBroker> BrokerFactory(IServiceProvider services, CancellationToken cancellationToken);
