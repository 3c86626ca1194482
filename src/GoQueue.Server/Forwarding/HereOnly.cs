using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Forwarding;

/// <summary>The routes of a broker without a cluster: everything is here.</summary>
internal sealed class HereOnly(IPartitionRequests here) : IPartitionRoutes
{
    public IPartitionRequests Here => here;

    public bool LeadsHere(TopicPartition partition) => true;

    public LeaderHint? LeaderOf(TopicPartition partition) => null;

    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request) => here.PublishAsync(request);

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => here.FetchAsync(request, cancellationToken);

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) => here.OffsetsAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) => here.LogStartAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        here.OffsetForTimeAsync(partition, time, cancellationToken);
}
