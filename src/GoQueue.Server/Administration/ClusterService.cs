using GoQueue.Core;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using Google.Protobuf;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Administration;

/// <summary><c>goqueue.v1.Cluster</c> over gRPC.</summary>
internal sealed class ClusterService(ClusterAdmin admin) : IGrpcService
{
    public const string Name = "goqueue.v1.Cluster";

    public IEnumerable<GrpcMethod> Methods =>
    [
        Read("GetCluster", V1.GetClusterRequest.Parser, admin.GetCluster),
        Read("GetClusterHealth", V1.GetClusterHealthRequest.Parser, admin.GetHealth),
        Read("ListBrokers", V1.ListBrokersRequest.Parser, admin.ListBrokers),
        Read("ListPartitions", V1.ListPartitionsRequest.Parser, admin.ListPartitions),
        Read("ListEvents", V1.ListEventsRequest.Parser, admin.ListEvents),
        Read("PlanReassignment", V1.PlanReassignmentRequest.Parser, admin.Plan),
        Change("StartReassignment", V1.StartReassignmentRequest.Parser, admin.StartReassignmentAsync),
        Change("GetReassignment", V1.GetReassignmentRequest.Parser, admin.GetReassignmentAsync),
        Change("AlterReassignment", V1.AlterReassignmentRequest.Parser, admin.AlterReassignmentAsync),
        Change("CancelReassignment", V1.CancelReassignmentRequest.Parser, admin.CancelReassignmentAsync),
        Change("TransferLeader", V1.TransferLeaderRequest.Parser, admin.TransferLeaderAsync),
        Change("BalanceLeaders", V1.BalanceLeadersRequest.Parser, admin.BalanceLeadersAsync),
        Change("TransferController", V1.TransferControllerRequest.Parser, admin.TransferControllerAsync),
        Change("DrainBroker", V1.DrainBrokerRequest.Parser, admin.DrainAsync),
        Change("UndrainBroker", V1.UndrainBrokerRequest.Parser, admin.UndrainAsync),
        Change("PromoteBroker", V1.PromoteBrokerRequest.Parser, admin.PromoteAsync),
        Change("RemoveBroker", V1.RemoveBrokerRequest.Parser, admin.RemoveAsync),
    ];

    private static GrpcMethod Read<TRequest, TResponse>(string method, MessageParser<TRequest> parser, Func<TRequest, Result<TResponse>> run)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        GrpcMethod.Unary<TRequest, TResponse>($"/{Name}/{method}", parser, (request, _) => new(ToReply(run(request))));

    private static GrpcMethod Change<TRequest, TResponse>(string method, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, ValueTask<Result<TResponse>>> run)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        return GrpcMethod.Unary<TRequest, TResponse>($"/{Name}/{method}", parser, RunAsync);

        async ValueTask<GrpcReply<TResponse>> RunAsync(TRequest request, CancellationToken cancellationToken) => ToReply(await run(request, cancellationToken));
    }

    private static GrpcReply<TResponse> ToReply<TResponse>(Result<TResponse> result)
        where TResponse : class => result.TryGet(out TResponse? response, out Error error) ? response : error;
}
