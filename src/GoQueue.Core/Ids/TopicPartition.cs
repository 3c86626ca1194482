namespace GoQueue.Core;

/// <summary>One partition of one topic; the unit of order, replication and storage.</summary>
public readonly record struct TopicPartition(TopicId Topic, PartitionIndex Partition) : IComparable<TopicPartition>
{
    public int CompareTo(TopicPartition other)
    {
        int byTopic = Topic.CompareTo(other.Topic);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    /// <summary>Directory name of the partition: <c>{topic id}-{partition}</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}";
}
