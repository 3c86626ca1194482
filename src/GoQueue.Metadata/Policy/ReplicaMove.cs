using GoQueue.Core;

namespace GoQueue.Metadata.Policy;

/// <summary>One line of a reassignment plan.</summary>
/// <param name="TopicName">For people.</param>
/// <param name="From">The replicas that stay otherwise, in order of preference.</param>
/// <param name="To">The replicas wanted, in order of preference.</param>
public sealed record ReplicaMove(TopicPartition Partition, string TopicName, NodeList From, NodeList To)
{
    /// <summary>Replicas that have to be filled; 0 when only the order of preference changes or some go.</summary>
    public int AddedCount => To.Without(From).Count;
}
