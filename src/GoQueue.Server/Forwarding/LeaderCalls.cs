using System.Diagnostics;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Server.Forwarding;

/// <summary>
/// Asks another node for one operation on a partition that it should lead. One hop: the other node serves it or refuses it, and never passes it on.
/// </summary>
internal sealed class LeaderCalls(IPeerTransport peers, ForwardingOptions options, TimeProvider time, ForwardingMetrics metrics)
{
    /// <summary>Batches above this travel beside the replicated data, so that proposals and look-ups do not wait behind them.</summary>
    private const int LargeBatch = 256 << 10;

    /// <summary>Bound on one forwarded read; the caller reads on.</summary>
    private const int MaxFetchBytes = 16 << 20;

    /// <summary>Does not take over the batch. Unreachable, NotLeader, ShuttingDown and Overloaded: certainly not stored.</summary>
    public async ValueTask<PublishReceipt> PublishAsync(NodeId leader, PublishRequest request, long metadataVersion)
    {
        ForwardedMessage message = new(ForwardedCall.Publish, request.Partition, metadataVersion, TraceParent(), request.Acks);
        SharedBuffer payload = message.Write(request.Batch.Length, out int head);
        request.Batch.Span.CopyTo(payload.Span[head..]);
        metrics.Carried(request.Batch.Length);
        PeerChannel channel = request.Batch.Length > LargeBatch ? PeerChannel.Bulk : PeerChannel.Request;
        Result<SharedBuffer> answer = await CallAsync(leader, message, PeerMessageKind.ForwardedPublish, channel, payload, options.Timeout, CancellationToken.None);
        if (!answer.TryGet(out SharedBuffer? reply, out Error error))
        {
            // No answer in time says nothing about what became of the batch.
            return error.Code == ErrorCode.Timeout
                ? PublishReceipt.Refused(ErrorCode.OutcomeUnknown, $"node {leader} did not answer within {options.Timeout.TotalSeconds} s: the batch may or may not be stored")
                : PublishReceipt.Refused(error.Code, error.Detail);
        }

        using (reply)
        {
            return ForwardedReply.Read(reply.Span, out _).TryGet(out ForwardedReply receipt, out error)
                ? receipt.ToReceipt()
                : PublishReceipt.Refused(ErrorCode.OutcomeUnknown, error.Detail);
        }
    }

    /// <summary>The result holds the bytes that came, without a copy.</summary>
    public async ValueTask<FetchResult> FetchAsync(NodeId leader, FetchRequest request, long metadataVersion, CancellationToken cancellationToken)
    {
        TimeSpan wait = request.MaxWait < ForwardingOptions.MaxPoll ? request.MaxWait : ForwardingOptions.MaxPoll;
        ForwardedMessage message = new(
            ForwardedCall.Fetch, request.Partition, metadataVersion, TraceParent(),
            Position: request.From.Value, MaxBytes: Math.Min(request.MaxBytes, MaxFetchBytes), WaitMillis: (int)wait.TotalMilliseconds, LastEpoch: request.LastEpoch?.Value ?? -1);
        Result<SharedBuffer> answer = await CallAsync(leader, message, PeerMessageKind.ForwardedFetch, PeerChannel.Bulk, message.Write(0, out _), options.Timeout + wait, cancellationToken);
        if (!answer.TryGet(out SharedBuffer? reply, out Error error))
        {
            return Nothing(error, request.From);
        }

        if (!ForwardedReply.Read(reply.Span, out int head).TryGet(out ForwardedReply result, out error))
        {
            reply.Release();
            return Nothing(error, request.From);
        }

        IReadOnlyList<BufferSlice> slices = [];
        if (reply.Length > head)
        {
            slices = [new BufferSlice(reply, head, reply.Length - head)];
            metrics.Carried(reply.Length - head);
        }
        else
        {
            reply.Release();
        }

        return new FetchResult
        {
            Error = result.Error,
            Slices = slices,
            NextOffset = new Offset(result.First),
            LastEpoch = new LeaderEpoch(result.LastEpoch),
            HighWatermark = new Offset(result.Second),
            LogStartOffset = new Offset(result.Third),
        };
    }

    public async ValueTask<Result<PartitionOffsets>> OffsetsAsync(NodeId leader, TopicPartition partition, long metadataVersion, CancellationToken cancellationToken)
    {
        ForwardedMessage message = new(ForwardedCall.Offsets, partition, metadataVersion, TraceParent());
        Result<ForwardedReply> answer = await AskAsync(leader, message, cancellationToken);
        return answer.TryGet(out ForwardedReply reply, out Error error) ? new PartitionOffsets(new Offset(reply.First), new Offset(reply.Second)) : error;
    }

    public ValueTask<Result<Offset>> LogStartAsync(NodeId leader, TopicPartition partition, long metadataVersion, CancellationToken cancellationToken) =>
        OffsetAsync(leader, new ForwardedMessage(ForwardedCall.LogStart, partition, metadataVersion, TraceParent()), cancellationToken);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(NodeId leader, TopicPartition partition, UnixMillis instant, long metadataVersion, CancellationToken cancellationToken) =>
        OffsetAsync(leader, new ForwardedMessage(ForwardedCall.OffsetForTime, partition, metadataVersion, TraceParent(), Position: instant.Value), cancellationToken);

    private async ValueTask<Result<Offset>> OffsetAsync(NodeId leader, ForwardedMessage message, CancellationToken cancellationToken)
    {
        Result<ForwardedReply> answer = await AskAsync(leader, message, cancellationToken);
        return answer.TryGet(out ForwardedReply reply, out Error error) ? new Offset(reply.First) : error;
    }

    public static FetchResult Nothing(Error error, Offset from) => new()
    {
        Error = error,
        Slices = [],
        NextOffset = from,
        HighWatermark = Offset.None,
        LogStartOffset = Offset.None,
    };

    private async ValueTask<Result<ForwardedReply>> AskAsync(NodeId leader, ForwardedMessage message, CancellationToken cancellationToken)
    {
        Result<SharedBuffer> answer = await CallAsync(leader, message, PeerMessageKind.ForwardedFetch, PeerChannel.Request, message.Write(0, out _), options.Timeout, cancellationToken);
        if (!answer.TryGet(out SharedBuffer? bytes, out Error error))
        {
            return error;
        }

        using (bytes)
        {
            return !ForwardedReply.Read(bytes.Span, out _).TryGet(out ForwardedReply reply, out error) ? error
                : reply.Error.Code != ErrorCode.None ? reply.Error
                : reply;
        }
    }

    private async ValueTask<Result<SharedBuffer>> CallAsync(
        NodeId leader, ForwardedMessage message, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        ErrorCode outcome = ErrorCode.Internal;
        metrics.Began();
        try
        {
            Result<SharedBuffer> answer = await peers.CallAsync(leader, kind, channel, payload, timeout, cancellationToken);
            outcome = answer.IsOk ? CodeOf(answer.Value) : answer.Error.Code;
            return answer;
        }
        catch (OperationCanceledException)
        {
            outcome = ErrorCode.Timeout;
            throw;
        }
        finally
        {
            metrics.Ended(message.Call, outcome, time.GetElapsedTime(started));
        }
    }

    private static ErrorCode CodeOf(SharedBuffer answer) => ForwardedReply.Read(answer.Span, out _).TryGet(out ForwardedReply reply, out Error error) ? reply.Error.Code : error.Code;

    private static string TraceParent() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : string.Empty;
}
