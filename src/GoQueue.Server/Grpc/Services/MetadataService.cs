using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Grpc.Protocol;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Services;

/// <summary>
/// <c>GetMetadata</c>: what clients route by. A client keeps one such call open and hears of a new leader when this node does. Woken by every
/// change of the metadata, it answers only when something changed that was asked for.
/// </summary>
internal sealed class MetadataService(IMetadataView metadata, GrpcLimits limits, TimeProvider time) : IGrpcService
{
    private const int MaxTopics = 10_000;

    public IEnumerable<GrpcMethod> Methods =>
    [
        GrpcMethod.Unary($"/{GoQueueService.Name}/GetMetadata", V1.GetMetadataRequest.Parser, GetMetadataAsync, GrpcTraits.EndsWithTheNode),
    ];

    private async ValueTask<GrpcReply<V1.GetMetadataResponse>> GetMetadataAsync(V1.GetMetadataRequest request, CancellationToken cancellationToken)
    {
        if (request.WaitMs < 0 || request.KnownVersion < 0 || request.Topics.Count > MaxTopics)
        {
            return new Error(ErrorCode.InvalidArgument, $"known_version and wait_ms are not negative, and at most {MaxTopics} topics are named");
        }

        MetadataImage image = metadata.Image;
        if (request.KnownVersion > 0 && request.WaitMs > 0)
        {
            image = await WaitAsync(request, image, cancellationToken);
        }

        return Describe(request, image);
    }

    /// <summary>The first image that has something new for this request, or the present one when the wait is over.</summary>
    private async ValueTask<MetadataImage> WaitAsync(V1.GetMetadataRequest request, MetadataImage image, CancellationToken cancellationToken)
    {
        TimeSpan wait = TimeSpan.FromMilliseconds(Math.Min(request.WaitMs, limits.MaxFetchWait.TotalMilliseconds));
        using CancellationTokenSource over = new(wait, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        while (!IsNews(request, image))
        {
            try
            {
                image = await metadata.WaitForChangeAsync(Math.Max(image.Version, request.KnownVersion), either.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return metadata.Image;
            }
        }

        return image;
    }

    private static bool IsNews(V1.GetMetadataRequest request, MetadataImage image)
    {
        if (image.Version <= request.KnownVersion)
        {
            return false; // this node lags behind what the client has seen
        }

        // A node that registered since may be new, or have another address. Its epoch is the log position of that.
        if (image.Brokers.Any(broker => broker.Epoch.Value >= request.KnownVersion))
        {
            return true;
        }

        foreach (string name in request.Topics)
        {
            // A topic that is gone is told every time; clients stop asking for it.
            if (!image.TryGetTopic(name, out TopicImage? topic) || topic.LastChange > request.KnownVersion)
            {
                return true;
            }
        }

        return false;
    }

    private V1.GetMetadataResponse Describe(V1.GetMetadataRequest request, MetadataImage image)
    {
        V1.GetMetadataResponse response = new() { ClusterId = image.ClusterId ?? string.Empty, Node = metadata.Self.Value, Version = image.Version };
        foreach (BrokerImage broker in image.Brokers)
        {
            Metadata.Brokers.Endpoint grpc = broker.Endpoints.Grpc;
            response.Nodes.Add(new V1.Node { Id = broker.Node.Value, Endpoint = grpc.Port == 0 ? string.Empty : grpc.ToString(), Rack = broker.Rack ?? string.Empty, Available = broker.MayLead });
        }

        foreach (string name in request.Topics)
        {
            if (!image.TryGetTopic(name, out TopicImage? topic))
            {
                response.UnknownTopics.Add(name);
            }
            else if (topic.LastChange > request.KnownVersion)
            {
                response.Topics.Add(TopicMapping.ToWire(topic));
            }
        }

        return response;
    }
}
