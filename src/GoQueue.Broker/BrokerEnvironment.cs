using GoQueue.Broker.Replication;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata.Quorum;
using Microsoft.Extensions.Logging;

namespace GoQueue.Broker;

/// <summary>What the broker takes from its host. The simulator brings its own of each.</summary>
public sealed record BrokerEnvironment
{
    /// <summary>Turns of the partitions: they write and flush.</summary>
    public required ITurnScheduler Committers { get; init; }

    /// <summary>Work that reads old data from the disk, apart from the committers so that neither waits for the other.</summary>
    public required ITurnScheduler Readers { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Fresh random ids, for topics.</summary>
    public required Func<Guid> NewId { get; init; }

    public required ILogger Logger { get; init; }

    public required BrokerMetrics Metrics { get; init; }

    /// <summary>The other nodes; null for a node alone, whose partitions have one replica.</summary>
    public IPeerTransport? Peers { get; init; }

    /// <summary>
    /// Who can say whether this node still leads what it believes to lead; the same object as the metadata log. Null: nobody is asked, and refusals of a leader
    /// that was deposed and does not know it are final.
    /// </summary>
    public IMetadataQuorum? Quorum { get; init; }

    /// <summary>This process's registration; set when it is made.</summary>
    public RegisteredEpoch Registration { get; init; } = new();
}
