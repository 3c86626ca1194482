using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Reading;

/// <summary><c>Fetch</c> and <c>Subscribe</c>.</summary>
internal sealed class ReadMethods(ITopicRequests topics, IPartitionRoutes partitions, TimeProvider time) : IGrpcService
{
    private const GrpcTraits Traits = GrpcTraits.TakesOneMessage | GrpcTraits.EndsWithTheNode;

    public IEnumerable<GrpcMethod> Methods =>
    [
        new GrpcMethod($"/{GoQueueService.Name}/Fetch", Traits, FetchAsync),
        new GrpcMethod($"/{GoQueueService.Name}/Subscribe", Traits, SubscribeAsync),
    ];

    private async ValueTask<GrpcStatus> FetchAsync(GrpcCall call)
    {
        (V1.FetchRequest? request, GrpcStatus status) = await SingleMessage.ReadAsync(call, V1.FetchRequest.Parser);
        if (request is null)
        {
            return status;
        }

        if (!PartitionLookup.Find(topics, request.Topic, request.Partition).TryGet(out PartitionTarget target, out Error error))
        {
            return error;
        }

        using FetchCall fetch = new(call, request, partitions, time);
        return await fetch.RunAsync(target);
    }

    private async ValueTask<GrpcStatus> SubscribeAsync(GrpcCall call)
    {
        (V1.SubscribeRequest? request, GrpcStatus status) = await SingleMessage.ReadAsync(call, V1.SubscribeRequest.Parser);
        if (request is null)
        {
            return status;
        }

        return PartitionLookup.Find(topics, request.Topic, request.Partition).TryGet(out PartitionTarget target, out Error error)
            ? await new SubscribeCall(call, request, partitions, time).RunAsync(target)
            : error;
    }
}
