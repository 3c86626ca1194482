using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Server.Grpc.Services;

/// <summary>From the names on the wire to a partition of the broker.</summary>
internal static class PartitionLookup
{
    /// <summary>Codes: InvalidTopicName, UnknownTopic, UnknownPartition.</summary>
    public static Result<PartitionTarget> Find(ITopicRequests topics, string topic, int partition)
    {
        if (!topics.Describe(topic).TryGet(out TopicImage? image, out Error error))
        {
            return error;
        }

        return IsPartitionOf(image, partition)
            ? new PartitionTarget(image, new TopicPartition(image.Id, new PartitionIndex(partition)))
            : Unknown(image, partition);
    }

    public static bool IsPartitionOf(TopicImage topic, int partition) => (uint)partition < (uint)topic.Partitions.Count;

    public static Error Unknown(TopicImage topic, int partition) => new(
        ErrorCode.UnknownPartition, $"topic {topic.Name} has partitions 0 to {topic.Partitions.Count - 1}, not {partition}");
}

/// <summary>A partition and the topic it is of.</summary>
internal readonly record struct PartitionTarget(TopicImage Topic, TopicPartition Partition);
