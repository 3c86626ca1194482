using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata;

/// <summary>
/// What a decided command did. The same on every node that applies it. A closed set: one case per command, and the refusal, after which
/// nothing changed.
/// </summary>
public abstract record MetadataOutcome
{
    private MetadataOutcome()
    {
    }

    /// <summary>Why nothing changed, or null when the command took effect.</summary>
    public virtual Error? Error => null;

    public bool IsRefused => Error is not null;

    /// <summary>A precondition did not hold when the command's turn came.</summary>
    public sealed record Refused(Error Reason) : MetadataOutcome
    {
        public override Error? Error => Reason;
    }

    public sealed record TopicCreated(TopicImage Topic) : MetadataOutcome;

    public sealed record TopicAltered(TopicImage Topic) : MetadataOutcome;

    /// <param name="Topic">As it was.</param>
    public sealed record TopicDeleted(TopicImage Topic) : MetadataOutcome;

    /// <summary>The ids <c>[First, First + Count)</c> belong to the proposer for ever.</summary>
    public sealed record ProducerIdsAllocated(ProducerId First, int Count) : MetadataOutcome;

    public sealed record ClusterFormed(string ClusterId) : MetadataOutcome;

    /// <param name="Broker">With the new broker epoch.</param>
    /// <param name="RemovedFrom">Partitions in whose ISR or ELR it lost its place (L3).</param>
    public sealed record BrokerRegistered(BrokerImage Broker, int RemovedFrom) : MetadataOutcome;

    public sealed record BrokerAltered(BrokerImage Broker) : MetadataOutcome;

    public sealed record BrokerUnregistered(BrokerImage Broker) : MetadataOutcome;

    /// <param name="Applied">Changes that took effect.</param>
    /// <param name="Refusals">Those that did not, and why; in order.</param>
    public sealed record PartitionsAltered(int Applied, IReadOnlyList<PartitionRefusal> Refusals) : MetadataOutcome;

    /// <param name="Partition">As it is now.</param>
    public sealed record InSyncAltered(PartitionImage Partition) : MetadataOutcome;

    /// <param name="Topic">With the new partitions.</param>
    public sealed record PartitionsAdded(TopicImage Topic) : MetadataOutcome;

    /// <param name="Event">With the range as it is now.</param>
    public sealed record LossRecorded(ClusterEvent Event) : MetadataOutcome;

    public sealed record ReassignmentRateSet(long BytesPerSecond) : MetadataOutcome;
}

/// <summary>One change of many that did not take effect.</summary>
public readonly record struct PartitionRefusal(TopicPartition Partition, Error Reason);
