using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Tests.Fixtures;

/// <summary>The real partitions, except that publishing to one of them is refused.</summary>
internal sealed class RefusingPartitions(IPartitionRequests real, int refused, ErrorCode code) : IPartitionRequests
{
    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request)
    {
        if (request.Partition.Partition.Value != refused)
        {
            return real.PublishAsync(request);
        }

        request.Batch.Release();
        return new ValueTask<PublishReceipt>(PublishReceipt.Refused(code, "a test refuses"));
    }

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => real.FetchAsync(request, cancellationToken);

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) => real.LogStartAsync(partition, cancellationToken);

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        real.OffsetsAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        real.OffsetForTimeAsync(partition, time, cancellationToken);
}
