using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Broker.Requests;

/// <summary>The cluster as the asked node sees it.</summary>
public sealed record ClusterInfo
{
    /// <summary>Null until it is formed.</summary>
    public required string? ClusterId { get; init; }

    /// <summary>The asked node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>Null while none is known.</summary>
    public required NodeId? Controller { get; init; }

    public required QuorumStatus Quorum { get; init; }

    /// <summary>Of the metadata.</summary>
    public required long Version { get; init; }

    public required int BrokerCount { get; init; }

    public required int TopicCount { get; init; }

    public required int PartitionCount { get; init; }
}

/// <summary>What is wrong.</summary>
public sealed record ClusterHealth
{
    /// <summary>Nothing of the below is.</summary>
    public bool IsHealthy => HasController && FencedBrokers.Count == 0 && OfflinePartitions == 0 && UnderReplicatedPartitions == 0;

    public required bool HasController { get; init; }

    /// <summary>Registered and not there.</summary>
    public required IReadOnlyList<NodeId> FencedBrokers { get; init; }

    /// <summary>Nobody leads: neither read nor written.</summary>
    public required int OfflinePartitions { get; init; }

    /// <summary>Led, with fewer in sync than must be: acks=all is refused.</summary>
    public required int UnderMinInSyncPartitions { get; init; }

    /// <summary>Led, with fewer in sync than replicas that stay.</summary>
    public required int UnderReplicatedPartitions { get; init; }

    /// <summary>Led by another than the preferred replica.</summary>
    public required int NotPreferredPartitions { get; init; }

    public required int ReassigningPartitions { get; init; }

    /// <summary>Choices that may have cost records, since the cluster was formed.</summary>
    public required long UncleanEvents { get; init; }
}

/// <summary>One broker and what it has.</summary>
/// <param name="Quorum">Null when it is no member of the metadata quorum.</param>
public sealed record BrokerInfo(BrokerImage Broker, bool IsController, QuorumRole? Quorum, int Replicas, int Leaders);
