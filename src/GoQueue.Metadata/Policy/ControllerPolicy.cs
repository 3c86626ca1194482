using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>What the controller proposes. Pure: the same image, liveness and time give the same commands.</summary>
public static class ControllerPolicy
{
    /// <summary>
    /// Bytes of a command that are aimed at: a few thousand partitions. More changes go into further commands, each of which stands by itself.
    /// </summary>
    public const int MaxCommandBytes = 128 << 10;

    private const int ChangeBytes = 48; // with three replicas, in an assignment too; more replicas make it less exact, not wrong

    /// <summary>What is to be changed of brokers, in order of node ids.</summary>
    public static IEnumerable<AlterBrokerCommand> Brokers(MetadataImage image, BrokerLiveness liveness, NodeId self, TimeSpan now)
    {
        foreach (BrokerImage broker in image.Brokers)
        {
            bool isGone = broker.Node != self && liveness.IsGone(broker.Node, now);
            if (!broker.IsFenced && isGone)
            {
                yield return new AlterBrokerCommand(broker.Node, broker.Epoch, BrokerChange.Fence);
            }
            else if (broker.IsFenced && !broker.IsStopping && !isGone && liveness.IsReady(broker, now))
            {
                yield return new AlterBrokerCommand(broker.Node, broker.Epoch, BrokerChange.Unfence);
            }

            if (!broker.IsStopping && !isGone && liveness.WantsToStop(broker))
            {
                yield return new AlterBrokerCommand(broker.Node, broker.Epoch, BrokerChange.Stop);
            }
        }
    }

    /// <summary>The changes that partitions of these topics need now, in order of topic ids and partitions.</summary>
    public static List<PartitionChange> Partitions(IEnumerable<TopicId> topics, ClusterView view)
    {
        List<PartitionChange> changes = [];
        foreach (TopicId id in topics.Order())
        {
            if (!view.Image.TryGetTopic(id, out TopicImage? topic))
            {
                continue;
            }

            foreach (PartitionImage partition in topic.Partitions)
            {
                if (PartitionPolicy.Next(topic, partition, view) is { } change)
                {
                    changes.Add(change);
                }
            }
        }

        return changes;
    }

    /// <summary>Leaderships to give back to the preferred replicas, in order.</summary>
    /// <param name="maxChanges">Every one interrupts its partition for a moment; the rest comes with the next round.</param>
    public static List<PartitionChange> PreferredLeaders(ClusterView view, int maxChanges)
    {
        List<PartitionChange> changes = [];
        foreach (TopicImage topic in view.Image.Topics)
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                if (changes.Count < maxChanges && PartitionPolicy.Prefer(topic, partition, view) is { } change)
                {
                    changes.Add(change);
                }
            }
        }

        changes.Sort(static (left, right) => left.Partition.CompareTo(right.Partition));
        return changes;
    }

    /// <summary>As many commands as the bound on one needs. The changes are in order.</summary>
    public static IEnumerable<AlterPartitionsCommand> Batches(IReadOnlyList<PartitionChange> changes)
    {
        int perCommand = Math.Min(MaxCommandBytes / ChangeBytes, AlterPartitionsCommand.MaxChanges);
        for (int from = 0; from < changes.Count; from += perCommand)
        {
            yield return new AlterPartitionsCommand([.. changes.Skip(from).Take(perCommand)]);
        }
    }

    /// <summary>
    /// A broker that asked to stop may do so: nothing it leads can be led by another. What it still leads goes offline with it, and would whatever it did.
    /// </summary>
    public static bool MayStop(BrokerImage broker, ClusterView view) => broker.IsStopping && view.Image.TopicsOn(broker.Node).All(topic =>
        topic.Partitions.All(partition => partition.Leader != broker.Node || PartitionPolicy.Next(topic, partition, view) is null));
}
