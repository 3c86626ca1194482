using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>
/// One <c>Subscribe</c>: fetches, writes, and fetches the next stretch while the client takes this one. What is held is bounded: one result being
/// written, one fetched ahead, and what Kestrel buffers for one call. Reads only what is here; else the status names the leader.
/// </summary>
internal sealed class SubscribeCall(GrpcCall call, V1.SubscribeRequest request, IPartitionRoutes partitions, TimeProvider time)
{
    private const int DefaultBytes = 1 << 20;

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
        Result<Offset> resolved = await start.ResolveAsync(partitions.Here, target.Partition, call.Token);
        if (!resolved.TryGet(out Offset from, out Error error))
        {
            return GrpcStatus.Of(error, partitions, target.Partition);
        }

        if (!await call.StartAsync())
        {
            return call.WhyCancelled();
        }

        using ISubscriptionWriter writer = request.Format == V1.SubscribeFormat.Batches
            ? new BatchesWriter(call, from, request.MaxMessages)
            : new MessagesWriter(call, target.Partition.Partition, from, request.MaxMessages, maxBytes, time);
        return await PumpAsync(target.Partition, from, writer);
    }

    private async ValueTask<GrpcStatus> PumpAsync(TopicPartition partition, Offset from, ISubscriptionWriter writer)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        Task<FetchResult>? ahead = FetchAsync(partition, from, ending.Token);
        try
        {
            while (true)
            {
                using FetchResult result = await ahead;
                ahead = null;
                if (!result.IsOk)
                {
                    return GrpcStatus.Of(result.Error, partitions, partition);
                }

                // Started before this result is written: the log is read while the socket drains.
                ahead = FetchAsync(partition, result.NextOffset, ending.Token);
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

    private Task<FetchResult> FetchAsync(TopicPartition partition, Offset from, CancellationToken cancellationToken) =>
        partitions.Here.FetchAsync(new FetchRequest(partition, from, maxBytes, IdleWait), cancellationToken).AsTask();

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
