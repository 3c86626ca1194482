using GoQueue.Broker.Replication;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.PartitionLoops;

/// <content>Changes of brokers, which concern partitions that did not change themselves.</content>
internal sealed partial class PartitionTable
{
    /// <summary>
    /// Registrations and fences concern every partition that this node is to lead and others follow: who may join, and under which broker epoch. Also one that it does not lead yet,
    /// for want of room to note it: it would lead with the others fenced, as they were when it was elected, for as long as nothing else changes.
    /// </summary>
    private void ShowBrokers(MetadataImage before, MetadataImage image, List<Task> work)
    {
        foreach (PartitionLoop loop in InOrder())
        {
            bool isShown = image.TryGetTopic(loop.Partition.Topic, out TopicImage? topic) && before.TryGetTopic(topic.Id, out TopicImage? known) && ReferenceEquals(known, topic);
            if (isShown && topic!.Partitions[loop.Partition.Partition.Value] is { Replicas.Count: > 1 } partition && partition.Leader == options.Node)
            {
                work.Add(loop.ApplyAsync(PartitionViews.Of(image, topic, partition), null));
            }
        }
    }
}
