using GoQueue.Broker.Requests;
using GoQueue.Core.Scheduling;
using GoQueue.Core;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Finds the partition and asks its loop.</summary>
internal sealed class PartitionRequests(PartitionTable partitions, BrokerEnvironment environment) : IPartitionRequests
{
    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request)
    {
        if (partitions.TryGet(request.Partition, out PartitionLoop? loop, out Error error))
        {
            return loop.Publish(request.Batch, request.Acks);
        }

        request.Batch.Release();
        return new(new PublishReceipt(error, Offset.None, UnixMillis.None, 0, Flushed: false));
    }

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        if (partitions.TryGet(request.Partition, out PartitionLoop? loop, out Error error))
        {
            return loop.FetchAsync(request, cancellationToken);
        }

        return new(new FetchResult
        {
            Error = error,
            Slices = [],
            NextOffset = request.From,
            HighWatermark = Offset.None,
            LogStartOffset = Offset.None,
        });
    }

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        partitions.TryGet(partition, out PartitionLoop? loop, out Error error) ? loop.OffsetsAsync(cancellationToken) : new(error);

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        new(partitions.TryGet(partition, out PartitionLoop? loop, out Error error) ? loop.FirstOffset() : error);

    public async ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken)
    {
        if (!partitions.TryGet(partition, out PartitionLoop? loop, out Error error))
        {
            return error;
        }

        return await environment.Readers.RunAsync(() => loop.OffsetForTime(time)).UnlessCancelledAsync(cancellationToken);
    }
}
