using GoQueue.Core;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Topics;

/// <summary>The rule for the partitions of a topic: 1 to 10000, numbered densely from 0, every key hash in exactly one range (semantics Z1, Z2).</summary>
public static class PartitionLayout
{
    public const int MaxPartitions = 10_000;

    /// <summary>Equal ranges in index order, all on one node: what a new topic on one node gets.</summary>
    public static IReadOnlyList<PartitionImage> Equal(int count, NodeId leader)
    {
        NodeList one = NodeList.Of(leader);
        return Equal([.. Enumerable.Repeat(one, count)]);
    }

    /// <summary>Equal ranges in index order, one partition for each list of replicas.</summary>
    public static IReadOnlyList<PartitionImage> Equal(IReadOnlyList<NodeList> replicas)
    {
        Invariant.Check(replicas.Count is >= 1 and <= MaxPartitions, "the partition count was validated");
        PartitionImage[] partitions = new PartitionImage[replicas.Count];
        for (int i = 0; i < partitions.Length; i++)
        {
            partitions[i] = PartitionImage.New(new PartitionIndex(i), HashRange.Equal(i, partitions.Length), replicas[i]);
        }

        return partitions;
    }

    /// <summary>Null when a topic may have so many partitions, else the refusal.</summary>
    public static Error? ValidateCount(int count) =>
        count is >= 1 and <= MaxPartitions ? null : new Error(ErrorCode.InvalidPartitionCount, $"a topic has 1 to {MaxPartitions} partitions, not {count}");

    /// <summary>Null when the layout is whole, else the refusal.</summary>
    public static Error? Validate(IReadOnlyList<PartitionImage> partitions)
    {
        if (ValidateCount(partitions.Count) is { } wrongCount)
        {
            return wrongCount;
        }

        return ValidateEach(partitions, 0) ?? ValidateCover(partitions);
    }

    /// <summary>As <see cref="Validate"/>, for partitions that are a part of a topic.</summary>
    internal static Error? ValidateEach(IReadOnlyList<PartitionImage> partitions, int firstIndex)
    {
        HashSet<NodeId> seen = [];
        for (int i = 0; i < partitions.Count; i++)
        {
            PartitionImage partition = partitions[i];
            if (partition.Index.Value != firstIndex + i)
            {
                return new Error(ErrorCode.InvalidArgument, $"partition {partition.Index} stands at place {firstIndex + i}");
            }

            foreach (NodeId node in partition.Replicas)
            {
                if (seen.Add(node) && ClusterName.Validate(node.Value, "node id") is { } wrongNode)
                {
                    return wrongNode;
                }
            }

            if (partition.FindFault() is { } fault)
            {
                return new Error(ErrorCode.InvalidArgument, $"partition {partition.Index} does not fit together: {fault}");
            }
        }

        return null;
    }

    internal static Error? ValidateCover(IReadOnlyList<PartitionImage> partitions)
    {
        HashRange[] ranges = new HashRange[partitions.Count];
        for (int i = 0; i < ranges.Length; i++)
        {
            ranges[i] = partitions[i].Keys;
        }

        Array.Sort(ranges, static (left, right) => left.First.CompareTo(right.First));
        long next = 0;
        foreach (HashRange range in ranges)
        {
            if (range.First != next || range.Last < range.First)
            {
                return new Error(ErrorCode.InvalidArgument, $"key ranges leave a gap or overlap: expected one from {next}, saw {range.First} to {range.Last}");
            }

            next = (long)range.Last + 1;
        }

        return next == 1L << 32 ? null : new Error(ErrorCode.InvalidArgument, $"key ranges end at {next - 1}, not at {uint.MaxValue}");
    }
}
