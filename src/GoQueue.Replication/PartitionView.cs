using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>What the committed metadata says of one partition, as far as its replicas act on it. Immutable.</summary>
/// <param name="LeaderEpoch">Raised by every change of the leader, also when the same node is elected again (E1).</param>
/// <param name="PartitionEpoch">Raised by every change of the partition; the base of compare-and-set proposals (R6).</param>
/// <param name="Leader">Null while the partition is offline.</param>
/// <param name="Replicas">In order of preference.</param>
/// <param name="MinInSyncReplicas">Below it the high watermark stands still (R2) and acks all is refused (R10). Capped by the number of replicas.</param>
public sealed record PartitionView(
    LeaderEpoch LeaderEpoch,
    PartitionEpoch PartitionEpoch,
    NodeId? Leader,
    IReadOnlyList<ReplicaView> Replicas,
    int MinInSyncReplicas)
{
    /// <summary>Before anything is known.</summary>
    public static readonly PartitionView Unknown = new(LeaderEpoch.None, new PartitionEpoch(-1), null, [], 1);

    /// <summary>What is demanded of a topic with fewer replicas than its minimum.</summary>
    public int EffectiveMinInSync => Math.Max(1, Math.Min(MinInSyncReplicas, Replicas.Count));

    public int InSyncCount
    {
        get
        {
            int count = 0;
            for (int index = 0; index < Replicas.Count; index++)
            {
                count += Replicas[index].IsInSync ? 1 : 0;
            }

            return count;
        }
    }

    public bool Holds(NodeId node) => Find(node) is not null;

    public ReplicaView? Find(NodeId node)
    {
        for (int index = 0; index < Replicas.Count; index++)
        {
            if (Replicas[index].Node == node)
            {
                return Replicas[index];
            }
        }

        return null;
    }
}

/// <summary>One replica as the committed metadata knows it.</summary>
/// <param name="BrokerEpoch">Of the node's newest registration; none when it has none.</param>
/// <param name="IsInSync">Member of the committed in-sync set.</param>
/// <param name="IsEligible">May join the in-sync set: registered, not fenced, not being drained (R4, R6).</param>
public readonly record struct ReplicaView(NodeId Node, BrokerEpoch BrokerEpoch, bool IsInSync, bool IsEligible)
{
    /// <summary>A reassignment brings it in: what it costs is bounded until it is in sync.</summary>
    public bool IsAdding { get; init; }
}
