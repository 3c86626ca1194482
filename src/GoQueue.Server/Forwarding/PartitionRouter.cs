using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;

namespace GoQueue.Server.Forwarding;

/// <summary>
/// Serves a request here when this node leads the partition, else asks the leader. What certainly was not handled (nobody leads, the leader is gone, or
/// it does not lead any more) waits for the metadata to name another leader and is tried again, for <see cref="ForwardingOptions.LeaderWait"/>; everything
/// else is answered as it came. A publish whose fate is unknown is never sent twice.
/// </summary>
/// <remarks>Publishes of one partition that are under way together may change their order when they are tried again: <see cref="PublishRuns"/> are for those that must not.</remarks>
internal sealed class PartitionRouter(
    NodeId self,
    IPartitionRequests here,
    IMetadataLog metadata,
    LeaderCalls calls,
    ForwardingOptions options,
    TimeProvider time,
    ForwardingMetrics metrics) : IPartitionRoutes
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(400);

    private readonly Allowance underWay = new(options.MaxRequests, options.MaxBytes);

    public IPartitionRequests Here => here;

    /// <summary>One node needs no routes.</summary>
    private bool IsAlone => metadata.Image.Brokers.Count <= 1;

    public bool LeadsHere(TopicPartition partition) => IsAlone || (metadata.Image.TryGetPartition(partition, out PartitionImage? image) && image.Leader == self);

    public LeaderHint? LeaderOf(TopicPartition partition)
    {
        MetadataImage image = metadata.Image;
        return image.TryGetPartition(partition, out PartitionImage? found) && found.Leader is { } leader
            ? new LeaderHint(leader, found.LeaderEpoch, image.TryGetBroker(leader, out BrokerImage? broker) && broker.Endpoints.Grpc.Port > 0 ? broker.Endpoints.Grpc : null)
            : null;
    }

    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request) => IsAlone ? here.PublishAsync(request) : RouteAsync(request);

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => IsAlone
        ? here.FetchAsync(request, cancellationToken)
        : RouteAsync(
            request.Partition,
            size: 0,
            mayRepeatUnknown: true,
            () => here.FetchAsync(request, cancellationToken),
            (leader, version) => calls.FetchAsync(leader, request, version, cancellationToken),
            static result => result.Error,
            error => LeaderCalls.Nothing(error, request.From),
            cancellationToken);

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) => IsAlone
        ? here.OffsetsAsync(partition, cancellationToken)
        : RouteAsync(
            partition,
            size: 0,
            mayRepeatUnknown: true,
            () => here.OffsetsAsync(partition, cancellationToken),
            (leader, version) => calls.OffsetsAsync(leader, partition, version, cancellationToken),
            static result => result.Error,
            static error => error,
            cancellationToken);

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) => IsAlone
        ? here.LogStartAsync(partition, cancellationToken)
        : RouteAsync(
            partition,
            size: 0,
            mayRepeatUnknown: true,
            () => here.LogStartAsync(partition, cancellationToken),
            (leader, version) => calls.LogStartAsync(leader, partition, version, cancellationToken),
            static result => result.Error,
            static error => error,
            cancellationToken);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) => IsAlone
        ? here.OffsetForTimeAsync(partition, time, cancellationToken)
        : RouteAsync(
            partition,
            size: 0,
            mayRepeatUnknown: true,
            () => here.OffsetForTimeAsync(partition, time, cancellationToken),
            (leader, version) => calls.OffsetForTimeAsync(leader, partition, time, version, cancellationToken),
            static result => result.Error,
            static error => error,
            cancellationToken);

    private async ValueTask<PublishReceipt> RouteAsync(PublishRequest request)
    {
        using SharedBuffer batch = request.Batch; // ours until the last attempt
        return await RouteAsync(
            request.Partition,
            batch.Length,
            mayRepeatUnknown: false,
            () => here.PublishAsync(request with { Batch = batch.Retain() }),
            (leader, version) => calls.PublishAsync(leader, request, version),
            static receipt => receipt.Error,
            static error => PublishReceipt.Refused(error.Code, error.Detail),
            CancellationToken.None);
    }

    private async ValueTask<T> RouteAsync<T>(
        TopicPartition id,
        int size,
        bool mayRepeatUnknown,
        Func<ValueTask<T>> serve,
        Func<NodeId, long, ValueTask<T>> ask,
        Func<T, Error> errorOf,
        Func<Error, T> refuse,
        CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        TimeSpan pause = FirstPause;
        bool isCounted = false;
        try
        {
            while (true)
            {
                MetadataImage image = metadata.Image;
                bool isKnown = image.TryGetPartition(id, out PartitionImage? partition);
                bool isHere = !isKnown || partition!.Leader == self; // what nobody knows is refused here, in the broker's words
                if (!isHere && !isCounted && !(isCounted = underWay.TryEnter(size)))
                {
                    return refuse(new Error(ErrorCode.Overloaded, $"{options.MaxRequests} requests or {options.MaxBytes} bytes wait for other nodes already (forwarding.*)"));
                }

                T result = isHere ? await serve()
                    : partition!.Leader is { } leader ? await ask(leader, image.Version)
                    : refuse(new Error(ErrorCode.NotLeader, $"partition {id.Partition} has no leader now: none of its replicas {partition.Replicas} that hold every committed record is there"));
                if (!isKnown || !MayChange(errorOf(result).Code, isHere, mayRepeatUnknown) || time.GetElapsedTime(started) >= options.LeaderWait
                    || (!isCounted && !(isCounted = underWay.TryEnter(size))))
                {
                    return result;
                }

                if (!await WaitForOtherLeaderAsync(id, image, partition!, pause, cancellationToken))
                {
                    return result;
                }

                (result as IDisposable)?.Dispose();
                metrics.Repeated();
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        finally
        {
            if (isCounted)
            {
                underWay.Leave(size);
            }
        }
    }

    /// <summary>Whether nothing was done and another node, or this one a moment later, may take it.</summary>
    private static bool MayChange(ErrorCode code, bool isHere, bool mayRepeatUnknown) => code switch
    {
        ErrorCode.NotLeader or ErrorCode.Unreachable or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch => true,
        ErrorCode.OffsetNotAvailable => true, // a new leader that has not heard of its followers yet

        // Another node that stops, or that has not heard of a new topic yet.
        ErrorCode.ShuttingDown or ErrorCode.UnknownTopic or ErrorCode.UnknownPartition => !isHere,
        ErrorCode.OutcomeUnknown => mayRepeatUnknown && !isHere,
        _ => false,
    };

    /// <summary>Waits until the metadata says something else about the leader, or for the pause. False when this node is being closed.</summary>
    private async ValueTask<bool> WaitForOtherLeaderAsync(TopicPartition id, MetadataImage seen, PartitionImage before, TimeSpan pause, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(pause, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            MetadataImage image = metadata.Image;
            while (image.TryGetPartition(id, out PartitionImage? now) && now.LeaderEpoch == before.LeaderEpoch)
            {
                image = await metadata.WaitForChangeAsync(image.Version, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The pause is over: the leader may take it now.
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        return true;
    }
}
