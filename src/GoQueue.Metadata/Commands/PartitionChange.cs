using GoQueue.Core;
using GoQueue.Metadata.Events;

namespace GoQueue.Metadata.Commands;

/// <summary>One compare-and-set change of a partition. What becomes of the ELR follows from it by rule (L2) and is not chosen.</summary>
public sealed record PartitionChange
{
    public required TopicPartition Partition { get; init; }

    /// <summary>The state the choice was based on.</summary>
    public required PartitionEpoch Expected { get; init; }

    /// <summary>Null: nobody.</summary>
    public required NodeId? Leader { get; init; }

    /// <summary>
    /// Only members of the ISR before, or a leader from the ELR alone, or, in an election that is not clean, the leader alone. New members come by
    /// <see cref="AlterInSyncCommand"/>, because only the leader knows who has caught up.
    /// </summary>
    public required NodeList InSync { get; init; }

    /// <summary>Null: unchanged.</summary>
    public ReplicaAssignment? Assignment { get; init; }

    /// <summary>Replicas known to have lost records: they are kept out of the ELR.</summary>
    public NodeList Distrusted { get; init; } = NodeList.Empty;

    public ElectionKind Election { get; init; }

    /// <summary>What an election that is not clean may cost, when known.</summary>
    public OffsetRange? AtRisk { get; init; }

    internal Error? Validate()
    {
        bool fits = Partition.Topic.Value != Guid.Empty
            && Partition.Partition.Value is >= 0 and < Topics.PartitionLayout.MaxPartitions
            && Expected >= PartitionEpoch.Zero
            && InSync.Count <= Topics.PartitionImage.MaxReplicas
            && Distrusted.Count <= Topics.PartitionImage.MaxReplicas
            && (Leader is { } leader ? InSync.Contains(leader) : Election == ElectionKind.Clean)
            && (Election == ElectionKind.Clean || InSync.Count == 1)
            && Enum.IsDefined(Election)
            && AtRisk is null or { First.Value: >= 0 } && (AtRisk is not { } range || range.End >= range.First)
            && (Assignment?.Fits() ?? true);
        return fits ? null : new Error(ErrorCode.InvalidArgument, $"the change of partition {Partition} does not fit together: {this}");
    }
}

/// <summary>The replicas of a partition, in order of preference, and what a reassignment does with some of them.</summary>
public sealed record ReplicaAssignment(NodeList Replicas, NodeList Adding, NodeList Removing)
{
    internal bool Fits() =>
        Replicas.Count is >= 1 and <= Topics.PartitionImage.MaxReplicas
        && Replicas.Where(Adding.Contains).Equals(Adding)
        && Replicas.Where(Removing.Contains).Equals(Removing)
        && Removing.Count < Replicas.Count
        && !Adding.Any(Removing.Contains);
}

/// <summary>By what right a leader is chosen. Numbers are part of the format.</summary>
public enum ElectionKind : byte
{
    /// <summary>From the ISR or ELR.</summary>
    Clean = 0,

    /// <summary>Any replica, because the topic allows it.</summary>
    Unclean = 1,

    /// <summary>Any replica, because an operator said so.</summary>
    Forced = 2,
}
