using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Requests;

/// <summary>One partition and the topic it belongs to.</summary>
public sealed record PartitionInfo(TopicPartition Id, string TopicName, int MinInSync, PartitionImage Partition)
{
    public bool IsUnderReplicated => Partition.InSync.Count < Partition.Target.Count;

    public bool IsUnderMinInSync => Partition.InSync.Count < MinInSync;
}

/// <summary>Which partitions are asked for; all conditions together.</summary>
public sealed record PartitionFilter
{
    public static readonly PartitionFilter All = new();

    /// <summary>Null for every topic.</summary>
    public string? Topic { get; init; }

    /// <summary>With a replica there; null for any.</summary>
    public NodeId? Node { get; init; }

    /// <summary>Only those that nobody leads.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Only those with fewer in sync than replicas.</summary>
    public bool IsUnderReplicated { get; init; }

    /// <summary>Only those that move.</summary>
    public bool IsReassigning { get; init; }
}
