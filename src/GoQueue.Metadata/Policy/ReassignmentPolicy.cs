using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>
/// The steps of exchanging replicas: the new ones are added beside the old, catch up and join the ISR, then the old ones go in one change with the
/// leadership they may have. Whoever dies meanwhile is handled as always.
/// </summary>
public static class ReassignmentPolicy
{
    /// <summary>
    /// Begins, or turns one that is under way to another target. Codes: InvalidReplicationFactor (fewer than must be in sync, or too many at once),
    /// UnknownNode, PreconditionFailed (nobody in sync would be left).
    /// </summary>
    /// <param name="target">In order of preference.</param>
    /// <returns>Null when the partition is there already.</returns>
    public static Result<PartitionChange?> Start(TopicImage topic, PartitionImage partition, NodeList target, ClusterView view)
    {
        foreach (NodeId node in target)
        {
            if (!view.Image.TryGetBroker(node, out _))
            {
                return new Error(ErrorCode.UnknownNode, $"no broker {node} is registered");
            }
        }

        if (target.Count < topic.Settings.MinInSyncReplicas || target.Count > TopicSettings.MaxReplicationFactor)
        {
            return new Error(ErrorCode.InvalidReplicationFactor, $"partition {partition.Index} of topic {topic.Name} cannot have {target.Count} replicas: use {topic.Settings.MinInSyncReplicas} to {TopicSettings.MaxReplicationFactor}");
        }

        NodeList original = partition.Replicas.Without(partition.Adding);
        ReplicaAssignment assignment = new(target.With(original), target.Without(original), original.Without(target));
        if (assignment.Replicas.Equals(partition.Replicas) && assignment.Adding.Equals(partition.Adding) && assignment.Removing.Equals(partition.Removing))
        {
            return (PartitionChange?)null;
        }

        return assignment.Replicas.Count > PartitionImage.MaxReplicas
            ? new Error(ErrorCode.InvalidReplicationFactor, $"partition {partition.Index} of topic {topic.Name} would have {assignment.Replicas.Count} replicas on the way")
            : Change(topic, partition, assignment, view);
    }

    /// <summary>Goes back to the replicas before. Codes: PreconditionFailed (nobody in sync would be left).</summary>
    /// <returns>Null when nothing is under way.</returns>
    public static Result<PartitionChange?> Cancel(TopicImage topic, PartitionImage partition, ClusterView view)
    {
        if (!partition.IsReassigning)
        {
            return (PartitionChange?)null;
        }

        NodeList original = partition.Replicas.Without(partition.Adding);
        return original.Count == 0
            ? new Error(ErrorCode.PreconditionFailed, $"partition {partition.Index} of topic {topic.Name} has no replica but those being added")
            : Change(topic, partition, new ReplicaAssignment(original, NodeList.Empty, NodeList.Empty), view);
    }

    /// <summary>The last step, once every replica of the target is in sync and one of them may lead; else null.</summary>
    internal static PartitionChange? Complete(TopicImage topic, PartitionImage partition, ClusterView view)
    {
        if (!partition.IsReassigning || partition.Leader is null || !partition.Adding.All(partition.InSync.Contains))
        {
            return null;
        }

        NodeList target = partition.Target;
        NodeList inSync = target.Where(partition.InSync.Contains);
        bool isEnough = inSync.Count >= Math.Min(topic.Settings.MinInSyncReplicas, target.Count) && inSync.Any(view.MayLead);
        return isEnough && Change(topic, partition, new ReplicaAssignment(target, NodeList.Empty, NodeList.Empty), view).TryGet(out PartitionChange? change, out _)
            ? change
            : null;
    }

    /// <summary>The replicas change; ISR and leader are those of before as far as they are among them.</summary>
    private static Result<PartitionChange?> Change(TopicImage topic, PartitionImage partition, ReplicaAssignment assignment, ClusterView view)
    {
        NodeList inSync = assignment.Replicas.Where(partition.InSync.Contains);
        if (inSync.Count == 0 && partition.InSync.Count > 0)
        {
            return new Error(ErrorCode.PreconditionFailed, $"partition {partition.Index} of topic {topic.Name} would lose every replica in sync: {partition.InSync}");
        }

        NodeId? leader = partition.Leader;
        if (leader is { } led && !assignment.Replicas.Contains(led))
        {
            leader = PartitionPolicy.ElectInSync(partition with { Replicas = assignment.Replicas, Removing = assignment.Removing }, inSync, view, mayDrain: true);
            if (leader is null)
            {
                return new Error(ErrorCode.PreconditionFailed, $"nobody of {inSync} may lead partition {partition.Index} of topic {topic.Name} now");
            }
        }

        return new PartitionChange
        {
            Partition = new TopicPartition(topic.Id, partition.Index),
            Expected = partition.PartitionEpoch,
            Leader = leader,
            InSync = inSync,
            Assignment = assignment,
        };
    }
}
