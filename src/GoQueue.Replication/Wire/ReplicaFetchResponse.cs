using GoQueue.Core;

namespace GoQueue.Replication.Wire;

/// <summary>The head of a leader's answer. The data of its entries follows in their order, outside of this.</summary>
/// <param name="Error">Of the whole session: PreconditionFailed when the leader does not know it or missed a request (open a new one), StaleBrokerEpoch, ShuttingDown.</param>
/// <param name="Entries">Partitions with data, a divergence, an error or a new high watermark.</param>
public sealed record ReplicaFetchResponse(ErrorCode Error, long Session, int Sequence, IReadOnlyList<PartitionFetched> Entries);

/// <summary>The answer for one partition.</summary>
/// <param name="DataBytes">Length of its whole batches behind the head; 0 for news without data.</param>
public readonly record struct PartitionFetched(TopicPartition Partition, FetchAnswer Answer, int DataBytes)
{
    /// <summary>It takes the partition's turn: nothing more comes for it until the follower sends a new position.</summary>
    public bool IsFinal => DataBytes > 0 || Answer.OffersSegment || Answer.Error != ErrorCode.None || !Answer.Diverging.IsUndefined;
}
