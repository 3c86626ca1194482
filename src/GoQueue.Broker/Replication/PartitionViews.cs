using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;

namespace GoQueue.Broker.Replication;

/// <summary>What an image says of one partition, in the words of the replica protocol.</summary>
internal static class PartitionViews
{
    public static PartitionView Of(MetadataImage image, TopicImage topic, PartitionImage partition)
    {
        ReplicaView[] replicas = new ReplicaView[partition.Replicas.Count];
        for (int index = 0; index < replicas.Length; index++)
        {
            NodeId node = partition.Replicas[index];
            bool isRegistered = image.TryGetBroker(node, out BrokerImage? broker);
            replicas[index] = new ReplicaView(node, isRegistered ? broker!.Epoch : BrokerEpoch.None, partition.InSync.Contains(node), isRegistered && broker!.MayJoinInSync)
            {
                IsAdding = partition.Adding.Contains(node),
            };
        }

        return new PartitionView(partition.LeaderEpoch, partition.PartitionEpoch, partition.Leader, replicas, topic.Settings.MinInSyncReplicas);
    }
}
