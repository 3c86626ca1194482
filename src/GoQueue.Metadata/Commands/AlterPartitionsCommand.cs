using GoQueue.Core;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// Changes many partitions, each by itself: one whose precondition does not hold is left as it is and the rest goes on. The controller's means for
/// elections, leaving brokers and reassignments.
/// </summary>
/// <param name="Changes">1 to <see cref="MaxChanges"/>, in order of topic id and partition, none twice.</param>
public sealed record AlterPartitionsCommand(IReadOnlyList<PartitionChange> Changes) : MetadataCommand
{
    /// <summary>Some 40 bytes each at three replicas, so that a command stays well below the bounds of the log.</summary>
    public const int MaxChanges = 5_000;

    public override Error? Validate()
    {
        if (Changes.Count is < 1 or > MaxChanges)
        {
            return new Error(ErrorCode.InvalidArgument, $"1 to {MaxChanges} partitions change at once, not {Changes.Count}");
        }

        for (int i = 0; i < Changes.Count; i++)
        {
            if (Changes[i].Validate() is { } wrong)
            {
                return wrong;
            }

            if (i > 0 && Changes[i - 1].Partition.CompareTo(Changes[i].Partition) >= 0)
            {
                return new Error(ErrorCode.InvalidArgument, $"partition {Changes[i].Partition} stands behind {Changes[i - 1].Partition}");
            }
        }

        return ValidateNames();
    }

    private Error? ValidateNames()
    {
        HashSet<NodeId> seen = [];
        foreach (PartitionChange change in Changes)
        {
            IEnumerable<NodeId> mentioned = change.InSync.Concat(change.Distrusted).Concat(change.Assignment?.Replicas ?? NodeList.Empty);
            foreach (NodeId node in mentioned)
            {
                if (seen.Add(node) && ClusterName.Validate(node.Value, "node id") is { } wrong)
                {
                    return wrong;
                }
            }
        }

        return null;
    }
}
