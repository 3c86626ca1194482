using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.PlantedFaults;
using GoQueue.Server.Forwarding;

namespace GoQueue.FaultyServer;

/// <summary>The routes of a broker with a fault before them, on whichever node a partition is led.</summary>
internal sealed class FaultyRoutes(IPartitionRoutes routes, FaultSource source) : IPartitionRoutes
{
    private readonly IPartitionRequests faulty = source.Around(routes);

    public IPartitionRequests Here { get; } = source.Around(routes.Here);

    public bool LeadsHere(TopicPartition partition) => routes.LeadsHere(partition);

    public LeaderHint? LeaderOf(TopicPartition partition) => routes.LeaderOf(partition);

    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request) => faulty.PublishAsync(request);

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => faulty.FetchAsync(request, cancellationToken);

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) => faulty.OffsetsAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) => faulty.LogStartAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        faulty.OffsetForTimeAsync(partition, time, cancellationToken);
}
