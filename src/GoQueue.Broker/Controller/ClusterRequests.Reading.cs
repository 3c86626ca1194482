using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Controller;

/// <summary>What the image and the quorum say.</summary>
internal sealed partial class ClusterRequests
{
    public ClusterInfo Info()
    {
        MetadataImage image = metadata.Image;
        QuorumStatus status = quorum.Status;
        return new ClusterInfo
        {
            ClusterId = image.ClusterId,
            Self = self,
            Controller = status.Leader,
            Quorum = status,
            Version = image.Version,
            BrokerCount = image.Brokers.Count,
            TopicCount = image.TopicCount,
            PartitionCount = image.PartitionCount,
        };
    }

    public ClusterHealth Health()
    {
        MetadataImage image = metadata.Image;
        int offline = 0;
        int underMin = 0;
        int underReplicated = 0;
        int notPreferred = 0;
        foreach (TopicImage topic in image.Topics)
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                PartitionInfo info = Describe(topic, partition);
                offline += partition.IsOffline ? 1 : 0;
                underMin += !partition.IsOffline && info.IsUnderMinInSync ? 1 : 0;
                underReplicated += !partition.IsOffline && info.IsUnderReplicated ? 1 : 0;
                notPreferred += partition.Leader is { } leader && leader != partition.PreferredLeader ? 1 : 0;
            }
        }

        return new ClusterHealth
        {
            HasController = quorum.Status.Leader is not null,
            FencedBrokers = [.. image.Brokers.Where(broker => broker.IsFenced).Select(broker => broker.Node)],
            OfflinePartitions = offline,
            UnderMinInSyncPartitions = underMin,
            UnderReplicatedPartitions = underReplicated,
            NotPreferredPartitions = notPreferred,
            ReassigningPartitions = image.Reassigning.Count,
            UncleanEvents = image.EventCount,
        };
    }

    public IReadOnlyList<BrokerInfo> Brokers()
    {
        MetadataImage image = metadata.Image;
        QuorumStatus status = quorum.Status;
        SortedDictionary<NodeId, (int Replicas, int Leaders)> counts = [];
        foreach (PartitionImage partition in image.Topics.SelectMany(topic => topic.Partitions))
        {
            foreach (NodeId node in partition.Replicas)
            {
                (int replicas, int leaders) = counts.GetValueOrDefault(node);
                counts[node] = (replicas + 1, leaders + (partition.Leader == node ? 1 : 0));
            }
        }

        return [.. image.Brokers.Select(broker => new BrokerInfo(
            broker,
            status.Leader == broker.Node,
            status.Members.FirstOrDefault(member => member.Member.Node == broker.Node)?.Role,
            counts.GetValueOrDefault(broker.Node).Replicas,
            counts.GetValueOrDefault(broker.Node).Leaders))];
    }

    public Result<IReadOnlyList<PartitionInfo>> Partitions(PartitionFilter filter)
    {
        MetadataImage image = metadata.Image;
        IEnumerable<TopicImage> topics = image.Topics;
        if (filter.Topic is { } name)
        {
            if (!image.TryGetTopic(name, out TopicImage? topic))
            {
                return UnknownTopic(name);
            }

            topics = [topic];
        }

        List<PartitionInfo> found = [];
        foreach (TopicImage topic in topics)
        {
            found.AddRange(topic.Partitions.Select(partition => Describe(topic, partition)).Where(info => Fits(info, filter)));
        }

        return found;
    }

    public IReadOnlyList<ClusterEvent> Events() => metadata.Image.Events;

    public Result<IReadOnlyList<ReplicaMove>> PlanReassignment(IReadOnlyCollection<string>? topics) =>
        FindUnknown(topics) is { } unknown ? unknown : ReassignmentPlan.Balance(metadata.Image, topics);

    public ReassignmentProgress Reassignment()
    {
        MetadataImage image = metadata.Image;
        List<MovingPartition> moving = [];
        foreach (TopicPartition id in image.Reassigning)
        {
            bool isThere = image.TryGetTopic(id.Topic, out TopicImage? topic);
            Invariant.Check(isThere, "a moving partition exists");
            PartitionImage partition = topic!.Partitions[id.Partition.Value];
            moving.Add(new MovingPartition(id, topic.Name, partition.Target, partition.Adding, partition.Removing, partition.Adding.Where(partition.InSync.Contains)));
        }

        return new ReassignmentProgress { Total = image.ReassignmentTotal, BytesPerSecond = image.ReassignmentBytesPerSecond, Moving = moving };
    }

    private static PartitionInfo Describe(TopicImage topic, PartitionImage partition) =>
        new(new TopicPartition(topic.Id, partition.Index), topic.Name, topic.Settings.MinInSyncReplicas, partition);

    private static bool Fits(PartitionInfo info, PartitionFilter filter) =>
        (filter.Node is not { } node || info.Partition.Replicas.Contains(node))
        && (!filter.IsOffline || info.Partition.IsOffline)
        && (!filter.IsUnderReplicated || info.IsUnderReplicated)
        && (!filter.IsReassigning || info.Partition.IsReassigning);

    private static Result<(TopicImage Topic, PartitionImage Partition)> Find(MetadataImage image, string topicName, int partition)
    {
        if (!image.TryGetTopic(topicName, out TopicImage? topic))
        {
            return UnknownTopic(topicName);
        }

        return partition >= 0 && partition < topic.Partitions.Count
            ? (topic, topic.Partitions[partition])
            : new Error(ErrorCode.UnknownPartition, $"topic {topicName} has partitions 0 to {topic.Partitions.Count - 1}, not {partition}");
    }

    private Error? FindUnknown(IReadOnlyCollection<string>? topics)
    {
        MetadataImage image = metadata.Image;
        return topics?.FirstOrDefault(name => !image.TryGetTopic(name, out _)) is { } unknown ? UnknownTopic(unknown) : null;
    }

    private static Error UnknownTopic(string name) => new(ErrorCode.UnknownTopic, $"no topic is named '{name}'");
}
