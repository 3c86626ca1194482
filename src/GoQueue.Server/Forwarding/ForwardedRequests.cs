using System.Diagnostics;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata;

namespace GoQueue.Server.Forwarding;

/// <summary>
/// Answers what other nodes pass on. Only from what this node leads: whoever does not lead says so, and the node that took the request looks
/// anew. What is under way for others is bounded.
/// </summary>
internal sealed class ForwardedRequests
{
    /// <summary>How long to wait for metadata that the sender had and this node does not have yet.</summary>
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(1);

    private readonly IPartitionRequests here;
    private readonly IMetadataLog metadata;
    private readonly TimeProvider time;
    private readonly ForwardingMetrics metrics;
    private readonly Allowance underWay;

    private ForwardedRequests(IPartitionRequests here, IMetadataLog metadata, ForwardingOptions options, TimeProvider time, ForwardingMetrics metrics)
    {
        this.here = here;
        this.metadata = metadata;
        this.time = time;
        this.metrics = metrics;
        underWay = new Allowance(Math.Max(options.MaxRequests, 1 << 14), options.MaxBytes);
    }

    /// <summary>From now on this node takes forwarded requests.</summary>
    public static void Serve(IPeerTransport peers, IPartitionRequests here, IMetadataLog metadata, ForwardingOptions options, TimeProvider time, ForwardingMetrics metrics)
    {
        ForwardedRequests requests = new(here, metadata, options, time, metrics);
        peers.OnCall(PeerMessageKind.ForwardedPublish, requests.HandleAsync);
        peers.OnCall(PeerMessageKind.ForwardedFetch, requests.HandleAsync);
    }

    private async ValueTask<Result<PeerReply>> HandleAsync(PeerMessage call, CancellationToken cancellationToken)
    {
        if (!ForwardedMessage.Read(call.Payload.Span, out int head).TryGet(out ForwardedMessage message, out Error error))
        {
            return error;
        }

        int size = call.Payload.Length - head;
        if (!underWay.TryEnter(size))
        {
            return new Error(ErrorCode.Overloaded, "too much is under way for other nodes already (forwarding.max-bytes)");
        }

        using Activity? activity = Continue(message);
        ErrorCode outcome = ErrorCode.Internal;
        try
        {
            // Until the first await nothing may come in between: publishes are stored in the order in which they arrived.
            (ForwardedReply reply, IReadOnlyList<BufferSlice>? body) = await ServeAsync(message, call.Payload, head, cancellationToken);
            outcome = reply.Error.Code;
            return new PeerReply(reply.Write(isFetch: message.Call == ForwardedCall.Fetch && call.Payload.Span[0] > 1), body);
        }
        finally
        {
            underWay.Leave(size);
            metrics.Handled(message.Call, outcome);
        }
    }

    private async ValueTask<(ForwardedReply Reply, IReadOnlyList<BufferSlice>? Body)> ServeAsync(ForwardedMessage message, SharedBuffer payload, int head, CancellationToken cancellationToken)
    {
        switch (message.Call)
        {
            case ForwardedCall.Publish:
                using (SharedBuffer batch = SharedBuffer.CopyOf(payload.Span[head..]))
                {
                    PublishReceipt receipt = await here.PublishAsync(new PublishRequest(message.Partition, batch.Retain(), message.Acks));
                    if (await LearnedMoreAsync(message, receipt.Error.Code, cancellationToken))
                    {
                        receipt = await here.PublishAsync(new PublishRequest(message.Partition, batch.Retain(), message.Acks));
                    }

                    return (ForwardedReply.Of(receipt), null);
                }

            case ForwardedCall.Fetch:
                FetchRequest request = new(message.Partition, new Offset(message.Position), message.MaxBytes, Bounded(TimeSpan.FromMilliseconds(message.WaitMillis)))
                {
                    LastEpoch = message.LastEpoch >= 0 ? new LeaderEpoch(message.LastEpoch) : null,
                };
                FetchResult result = await here.FetchAsync(request, cancellationToken);
                if (await LearnedMoreAsync(message, result.Error.Code, cancellationToken))
                {
                    result.Dispose();
                    result = await here.FetchAsync(request, cancellationToken);
                }

                return (ForwardedReply.Of(result), result.Slices); // its references go to the transport

            case ForwardedCall.Offsets:
                Result<PartitionOffsets> offsets = await here.OffsetsAsync(message.Partition, cancellationToken);
                if (await LearnedMoreAsync(message, offsets.Error.Code, cancellationToken))
                {
                    offsets = await here.OffsetsAsync(message.Partition, cancellationToken);
                }

                return (ForwardedReply.Of(offsets), null);

            default:
                Result<Offset> found = await FindAsync(message, cancellationToken);
                if (await LearnedMoreAsync(message, found.Error.Code, cancellationToken))
                {
                    found = await FindAsync(message, cancellationToken);
                }

                return (ForwardedReply.Of(found), null);
        }
    }

    private ValueTask<Result<Offset>> FindAsync(in ForwardedMessage message, CancellationToken cancellationToken) => message.Call == ForwardedCall.LogStart
        ? here.LogStartAsync(message.Partition, cancellationToken)
        : here.OffsetForTimeAsync(message.Partition, new UnixMillis(message.Position), cancellationToken);

    /// <summary>After a refusal that may come from old metadata: true when this node knows now what the sender knew.</summary>
    private async ValueTask<bool> LearnedMoreAsync(ForwardedMessage message, ErrorCode code, CancellationToken cancellationToken)
    {
        if (code is not (ErrorCode.NotLeader or ErrorCode.UnknownTopic or ErrorCode.UnknownPartition) || metadata.Image.Version >= message.MetadataVersion)
        {
            return false;
        }

        using CancellationTokenSource patience = new(CatchUp, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (metadata.Image is { } image && image.Version < message.MetadataVersion)
            {
                await metadata.WaitForChangeAsync(image.Version, either.Token);
            }

            return true;
        }
        catch (Exception late) when (late is ObjectDisposedException || (late is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static TimeSpan Bounded(TimeSpan wait) => wait < ForwardingOptions.MaxPoll ? wait : ForwardingOptions.MaxPoll;

    /// <summary>What happens here belongs to the trace that the client began.</summary>
    private static Activity? Continue(in ForwardedMessage message) =>
        message.TraceParent.Length > 0 ? new Activity("goqueue.forwarded").SetParentId(message.TraceParent).Start() : null;
}
