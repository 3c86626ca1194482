using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>Publishing to and reading from partitions.</summary>
public interface IPartitionRequests
{
    /// <summary>
    /// Validates, orders and stores one batch; answers as its acks say. Overload, a full disk and bad batches are refused before any work is
    /// done. Not cancellable: once handed over, the answer is the truth. Publishes to one partition are stored in call order.
    /// </summary>
    ValueTask<PublishReceipt> PublishAsync(PublishRequest request);

    /// <summary>Reads, waiting up to the request's time for the first batch. The caller disposes the result. Codes: UnknownPartition,
    /// OffsetOutOfRange, OffsetNotAvailable (of a follower, or a new leader), NotLeader, LogTruncated, FencedLeaderEpoch, UnknownLeaderEpoch, CorruptLog,
    /// StorageFailure, ShuttingDown.</summary>
    ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// The readable range now. Its end is at least that of everything that was acknowledged before the call (L11): the leader answers when it has proved that it still
    /// leads (ADR 0013). Codes: UnknownPartition, StorageFailure, NotLeader, OffsetNotAvailable (a new leader that does not know yet).
    /// </summary>
    ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken);

    /// <summary>The first offset that is kept, as the leader knows it; asks nobody else. Codes: UnknownPartition, StorageFailure, NotLeader.</summary>
    ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken);

    /// <summary>First offset whose timestamp is at or after <paramref name="time"/>; <see cref="Offset.None"/> when there is none (semantics X1).</summary>
    ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken);
}
