using System.Runtime.CompilerServices;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using Microsoft.Extensions.ObjectPool;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary><c>Publish</c> and <c>PublishStream</c>.</summary>
internal sealed class PublishMethods(ITopicRequests topics, IPartitionRoutes partitions, TimeProvider time) : IGrpcService
{
    private const int PooledPublishes = 64;
    private readonly ObjectPool<UnaryPublish> pool = new DefaultObjectPool<UnaryPublish>(new DefaultPooledObjectPolicy<UnaryPublish>(), PooledPublishes);
    private uint spread;

    public IEnumerable<GrpcMethod> Methods =>
    [
        new GrpcMethod($"/{GoQueueService.Name}/Publish", GrpcTraits.TakesOneMessage, PublishAsync),
        new GrpcMethod($"/{GoQueueService.Name}/PublishStream", GrpcTraits.EndsWithTheNode, call => new PublishStreamCall(call, topics, partitions).RunAsync()),
    ];

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GrpcStatus> PublishAsync(GrpcCall call)
    {
        GrpcStatus status = await SingleMessage.ReadAsync(call);
        if (!status.IsOk)
        {
            return status;
        }

        UnaryPublish publish = pool.Get();
        try
        {
            status = publish.Prepare(call.Reader.Payload, topics, call.Limits, Interlocked.Increment(ref spread), UnixMillis.From(time));
            if (!status.IsOk)
            {
                return status;
            }

            publish.Send(partitions, mayBeLeft: call.HasDeadline);
            await publish.ReceiveAsync(call);
            if (PublishResponseWriter.CommonRefusal(publish) is { } refusal)
            {
                return refusal;
            }

            PublishResponseWriter.Write(call, publish);
            return GrpcStatus.Ok;
        }
        finally
        {
            publish.Reset();
            pool.Return(publish);
        }
    }
}
