using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>
/// One <c>Subscribe</c>: fetches, writes, and fetches the next stretch while the client takes this one. What is held is bounded: one result being
/// written, one fetched ahead, and what Kestrel buffers for one call. Reads only what is here, from a follower only for readers that allow it; else the
/// status names the leader.
/// </summary>
internal sealed class SubscribeCall(GrpcCall call, V1.SubscribeRequest request, IPartitionRoutes partitions, TimeProvider time)
{
    /// <summary>Response header: the epoch of the record before the offset asked for, when there is nothing to read there yet.</summary>
    public const string LastEpochHeader = "goqueue-last-epoch";

    private const int DefaultBytes = 1 << 20;

    /// <summary>How long a follower may take to hear that what the reader has read is committed; longer, and the reader is better off at the leader.</summary>
    private static readonly TimeSpan CatchUpWait = TimeSpan.FromMilliseconds(500);

    /// <summary>How long one fetch waits at the end of the log. Only how often an idle subscription goes round depends on it.</summary>
    private static readonly TimeSpan IdleWait = TimeSpan.FromSeconds(30);

    private readonly int maxBytes = request.MaxBytes == 0 ? DefaultBytes : Math.Min(request.MaxBytes, call.Limits.MaxFetchBytes);

    public async ValueTask<GrpcStatus> RunAsync(PartitionTarget target)
    {
        if (request.MaxMessages < 0 || request.MaxBytes < 0 || !Enum.IsDefined(request.Format))
        {
            return GrpcStatus.Of(ErrorCode.InvalidArgument, "max_messages and max_bytes are not negative, format is MESSAGES (1) or BATCHES (2)");
        }

        StartPosition start = new(request.HasOffset ? request.Offset : null, request.HasFromTimeMs ? request.FromTimeMs : null);
        if (start.Mistake(request.HasLastEpoch ? new LeaderEpoch(request.LastEpoch) : null) is { } mistake)
        {
            return mistake;
        }

        // Where a time or the end is only the leader knows.
        Result<Offset> resolved = await start.ResolveAsync(request.FromFollower ? partitions : partitions.Here, target.Partition, call.Token);
        if (!resolved.TryGet(out Offset from, out Error error))
        {
            return GrpcStatus.Of(error, partitions, target.Partition);
        }

        FetchResult first = await FetchFirstAsync(target.Partition, from);
        if (!first.IsOk)
        {
            first.Dispose();
            return GrpcStatus.Of(first, partitions, target.Partition);
        }

        if (first.Slices.Count == 0 && first.LastEpoch.Value >= 0)
        {
            call.Http.Response.Headers[LastEpochHeader] = first.LastEpoch.ToString();
        }

        return await RunAsync(target.Partition, from, first);
    }

    /// <summary>What there is now, or why the reader must not go on from there. What a follower or a new leader does not know yet it may know in a moment.</summary>
    private async ValueTask<FetchResult> FetchFirstAsync(TopicPartition partition, Offset from)
    {
        FetchRequest fetch = new(partition, from, maxBytes, TimeSpan.Zero)
        {
            MayReadFromFollower = request.FromFollower,
            KnownEpoch = request.HasLeaderEpoch ? new LeaderEpoch(request.LeaderEpoch) : null,
            LastEpoch = request.HasLastEpoch ? new LeaderEpoch(request.LastEpoch) : null,
        };
        FetchResult first = await partitions.Here.FetchAsync(fetch, call.Token);
        if (first.Error.Code != ErrorCode.OffsetNotAvailable)
        {
            return first;
        }

        first.Dispose();
        return await partitions.Here.FetchAsync(fetch with { MaxWait = CatchUpWait }, call.Token);
    }

    private async ValueTask<GrpcStatus> RunAsync(TopicPartition partition, Offset from, FetchResult first)
    {
        if (!await call.StartAsync())
        {
            first.Dispose();
            return call.WhyCancelled();
        }

        using ISubscriptionWriter writer = request.Format == V1.SubscribeFormat.Batches
            ? new BatchesWriter(call, from, request.MaxMessages)
            : new MessagesWriter(call, partition.Partition, from, request.MaxMessages, maxBytes, time);
        return await PumpAsync(partition, first, writer);
    }

    private async ValueTask<GrpcStatus> PumpAsync(TopicPartition partition, FetchResult first, ISubscriptionWriter writer)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        Task<FetchResult>? ahead = Task.FromResult(first);
        try
        {
            while (true)
            {
                using FetchResult result = await ahead;
                ahead = null;
                if (!result.IsOk)
                {
                    return GrpcStatus.Of(result, partitions, partition);
                }

                // Started before this result is written: the log is read while the socket drains.
                ahead = FetchNextAsync(partition, result.NextOffset, result.LastEpoch, ending.Token);
                GrpcStatus written = await writer.WriteAsync(result);
                if (!written.IsOk || writer.IsDone)
                {
                    return written;
                }
            }
        }
        finally
        {
            if (ahead is not null)
            {
                await ending.CancelAsync();
                await ForgetAsync(ahead);
            }
        }
    }

    /// <summary>
    /// The leadership that the reader began under is not asked for again, only the history it has read (E7): this node may lose the leadership, have its log cut and win
    /// it back between two fetches.
    /// </summary>
    private Task<FetchResult> FetchNextAsync(TopicPartition partition, Offset from, LeaderEpoch last, CancellationToken cancellationToken) =>
        partitions.Here.FetchAsync(
            new FetchRequest(partition, from, maxBytes, IdleWait)
            {
                MayReadFromFollower = request.FromFollower,
                LastEpoch = last.Value >= 0 ? last : null,
            },
            cancellationToken).AsTask();

    private static async Task ForgetAsync(Task<FetchResult> ahead)
    {
        try
        {
            (await ahead).Dispose();
        }
        catch (OperationCanceledException)
        {
            // It was cancelled because its result is not wanted any more.
        }
    }
}
