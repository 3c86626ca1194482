using GoQueue.Core;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// The leader of a partition proposes its ISR. Preconditions (R6): it leads in this epoch, nothing changed since the partition epoch it saw, every member
/// is a replica and registered with the broker epoch that its fetches carried, and nobody joins who is fenced or stopping.
/// </summary>
/// <param name="Members">1 to 16, each once, the leader among them.</param>
public sealed record AlterInSyncCommand(
    TopicPartition Partition,
    NodeId Leader,
    LeaderEpoch LeaderEpoch,
    PartitionEpoch Expected,
    IReadOnlyList<InSyncMember> Members) : MetadataCommand
{
    public override Error? Validate()
    {
        bool fits = Partition.Topic.Value != Guid.Empty
            && Partition.Partition.Value is >= 0 and < Topics.PartitionLayout.MaxPartitions
            && LeaderEpoch >= LeaderEpoch.Zero
            && Expected >= PartitionEpoch.Zero
            && Members.Count is >= 1 and <= Topics.PartitionImage.MaxReplicas
            && Members.Any(member => member.Node == Leader)
            && Members.Select(member => member.Node).Distinct().Count() == Members.Count
            && Members.All(member => !member.Epoch.IsNone);
        if (!fits)
        {
            return new Error(ErrorCode.InvalidArgument, $"the proposed ISR of partition {Partition} does not fit together: leader {Leader}, members {string.Join(' ', Members)}");
        }

        foreach (InSyncMember member in Members)
        {
            if (ClusterName.Validate(member.Node.Value, "node id") is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }
}

/// <summary>A replica and the registration it was seen caught up under.</summary>
public readonly record struct InSyncMember(NodeId Node, BrokerEpoch Epoch);
