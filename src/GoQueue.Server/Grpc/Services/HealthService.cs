using GoQueue.Contracts.Health;
using GoQueue.Server.Grpc.Protocol;
using static GoQueue.Contracts.Health.HealthCheckResponse.Types;

namespace GoQueue.Server.Grpc.Services;

/// <summary>The standard health protocol, for the node as a whole and for the broker's service by name.</summary>
internal sealed class HealthService(NodeServing serving) : IGrpcService
{
    private const string Service = "grpc.health.v1.Health";

    public IEnumerable<GrpcMethod> Methods =>
    [
        GrpcMethod.Unary($"/{Service}/Check", HealthCheckRequest.Parser, Check, GrpcTraits.WhileStarting),
        new GrpcMethod($"/{Service}/Watch", GrpcTraits.TakesOneMessage | GrpcTraits.EndsWithTheNode | GrpcTraits.WhileStarting, WatchAsync),
    ];

    private HealthCheckResponse Now => new() { Status = serving.IsServing ? ServingStatus.Serving : ServingStatus.NotServing };

    private ValueTask<GrpcReply<HealthCheckResponse>> Check(HealthCheckRequest request, CancellationToken cancellationToken) => new(
        IsKnown(request.Service) ? Now : new GrpcStatus(GrpcStatusCode.NotFound, $"there is no service '{request.Service}' here"));

    private async ValueTask<GrpcStatus> WatchAsync(GrpcCall call)
    {
        (HealthCheckRequest? request, GrpcStatus status) = await SingleMessage.ReadAsync(call, HealthCheckRequest.Parser);
        if (request is null)
        {
            return status;
        }

        bool isKnown = IsKnown(request.Service);
        while (true)
        {
            Task change = serving.NextChange;
            call.Write(isKnown ? Now : new HealthCheckResponse { Status = ServingStatus.ServiceUnknown });
            if (!await call.FlushAsync())
            {
                return call.WhyCancelled();
            }

            await change.WaitAsync(call.Token);
        }
    }

    private static bool IsKnown(string service) => service is "" or GoQueueService.Name or Service;
}
