using System.Net;
using GoQueue.Broker.Requests;
using GoQueue.Metadata;
using GoQueue.Metadata.Quorum;
using GoQueue.Server.Forwarding;

namespace GoQueue.Server.Hosting;

/// <summary>A recovered broker behind its ports. <see cref="CloseAsync"/> drains, flushes and leaves the clean-shutdown marks.</summary>
internal sealed record RunningBroker(
    ITopicRequests Topics,
    IPartitionRequests Partitions,
    IProducerRequests Producers,
    Func<Task> CloseAsync)
{
    /// <summary>The partitions wherever they are led; null when all are led here.</summary>
    public IPartitionRoutes? Routes { get; init; }

    /// <summary>What this node knows of the cluster.</summary>
    public required IMetadataLog Metadata { get; init; }

    /// <summary>Null on a node that takes part in no cluster.</summary>
    public IClusterRequests? Cluster { get; init; }

    /// <summary>What moving replicas still lack; null where nothing moves.</summary>
    public ICatchUpRequests? CatchUps { get; init; }

    /// <summary>The first step of a stop, while everything still serves: moves leaderships to other nodes. Null where there is nobody to take them.</summary>
    public Func<Task>? HandOverAsync { get; init; }

    /// <summary>What the peer port is bound to; null on a node without one.</summary>
    public IPEndPoint? PeerEndpoint { get; init; }

    /// <summary>Null on a node whose metadata log has no quorum.</summary>
    public IMetadataQuorum? Quorum { get; init; }
}

/// <summary>Opens and recovers a broker. Throws <see cref="StartRefusedException"/> when the data directory must not be used.</summary>
internal delegate Task<RunningBroker> BrokerFactory(IServiceProvider services, CancellationToken cancellationToken);
