using GoQueue.Client.Transport;
using GoQueue.Contracts.V1;
using Google.Protobuf;

namespace GoQueue.Client;

/// <summary>
/// Administration of the cluster, through any of its nodes. Requests and answers are the messages of the protocol (proto/goqueue/v1/cluster.proto),
/// which say what each field means. Every method makes one call within <see cref="GoQueueClientOptions.RequestTimeout"/> and is safe to use from any
/// thread. Failures are <see cref="GoQueueException"/>; a cancelled token throws <see cref="OperationCanceledException"/>, and the call may still take effect.
/// </summary>
public sealed class GoQueueClusterAdmin
{
    private const string Service = "/goqueue.v1.Cluster/";

    private readonly ClusterCaller caller;

    internal GoQueueClusterAdmin(ClusterCaller caller)
    {
        this.caller = caller;
    }

    /// <summary>The cluster, its controller and its metadata quorum.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<GetClusterResponse> GetClusterAsync(CancellationToken cancellationToken = default) =>
        CallAsync("GetCluster", new GetClusterRequest(), GetClusterResponse.Parser, cancellationToken);

    /// <summary>What is wrong, if anything.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<GetClusterHealthResponse> GetHealthAsync(CancellationToken cancellationToken = default) =>
        CallAsync("GetClusterHealth", new GetClusterHealthRequest(), GetClusterHealthResponse.Parser, cancellationToken);

    /// <summary>Every registered node.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<ListBrokersResponse> ListBrokersAsync(CancellationToken cancellationToken = default) =>
        CallAsync("ListBrokers", new ListBrokersRequest(), ListBrokersResponse.Parser, cancellationToken);

    /// <summary>One page of partitions. Codes: UnknownTopic, InvalidArgument.</summary>
    /// <param name="request">Conditions and page.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<ListPartitionsResponse> ListPartitionsAsync(ListPartitionsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync("ListPartitions", request, ListPartitionsResponse.Parser, cancellationToken);

    /// <summary>The newest choices that may have cost acknowledged messages.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<ListEventsResponse> ListEventsAsync(CancellationToken cancellationToken = default) =>
        CallAsync("ListEvents", new ListEventsRequest(), ListEventsResponse.Parser, cancellationToken);

    /// <summary>What would be moved to even out the cluster. Codes: UnknownTopic, InvalidReplicationFactor.</summary>
    /// <param name="request">For which topics.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<PlanReassignmentResponse> PlanReassignmentAsync(PlanReassignmentRequest request, CancellationToken cancellationToken = default) =>
        CallAsync("PlanReassignment", request, PlanReassignmentResponse.Parser, cancellationToken);

    /// <summary>Begins to move replicas. Codes: UnknownTopic, UnknownPartition, UnknownNode, InvalidReplicationFactor, InvalidArgument, PreconditionFailed.</summary>
    /// <param name="request">The moves, or the topics to plan them for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<StartReassignmentResponse> StartReassignmentAsync(StartReassignmentRequest request, CancellationToken cancellationToken = default) =>
        CallAsync("StartReassignment", request, StartReassignmentResponse.Parser, cancellationToken);

    /// <summary>How far the moves are.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<GetReassignmentResponse> GetReassignmentAsync(CancellationToken cancellationToken = default) =>
        CallAsync("GetReassignment", new GetReassignmentRequest(), GetReassignmentResponse.Parser, cancellationToken);

    /// <summary>Changes the bound on moving. Codes: InvalidArgument.</summary>
    /// <param name="request">The bound.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<AlterReassignmentResponse> AlterReassignmentAsync(AlterReassignmentRequest request, CancellationToken cancellationToken = default) =>
        CallAsync("AlterReassignment", request, AlterReassignmentResponse.Parser, cancellationToken);

    /// <summary>Turns moves back. Codes: UnknownTopic.</summary>
    /// <param name="request">Of which topics.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<CancelReassignmentResponse> CancelReassignmentAsync(CancelReassignmentRequest request, CancellationToken cancellationToken = default) =>
        CallAsync("CancelReassignment", request, CancelReassignmentResponse.Parser, cancellationToken);

    /// <summary>Makes a replica the leader. Codes: UnknownTopic, UnknownPartition, InvalidArgument, PreconditionFailed.</summary>
    /// <param name="request">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<TransferLeaderResponse> TransferLeaderAsync(TransferLeaderRequest request, CancellationToken cancellationToken = default) =>
        CallAsync("TransferLeader", request, TransferLeaderResponse.Parser, cancellationToken);

    /// <summary>Gives every leadership that it can back to the preferred replica.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<BalanceLeadersResponse> BalanceLeadersAsync(CancellationToken cancellationToken = default) =>
        CallAsync("BalanceLeaders", new BalanceLeadersRequest(), BalanceLeadersResponse.Parser, cancellationToken);

    /// <summary>Makes a voter the controller. Codes: UnknownNode, InvalidArgument, Timeout.</summary>
    /// <param name="node">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<TransferControllerResponse> TransferControllerAsync(string node, CancellationToken cancellationToken = default) =>
        CallAsync("TransferController", new TransferControllerRequest { Node = node }, TransferControllerResponse.Parser, cancellationToken);

    /// <summary>Begins to empty a node. Codes: UnknownNode, InvalidReplicationFactor.</summary>
    /// <param name="node">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<DrainBrokerResponse> DrainAsync(string node, CancellationToken cancellationToken = default) =>
        CallAsync("DrainBroker", new DrainBrokerRequest { Node = node }, DrainBrokerResponse.Parser, cancellationToken);

    /// <summary>The node takes replicas again. Codes: UnknownNode.</summary>
    /// <param name="node">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task UndrainAsync(string node, CancellationToken cancellationToken = default) =>
        CallAsync("UndrainBroker", new UndrainBrokerRequest { Node = node }, UndrainBrokerResponse.Parser, cancellationToken);

    /// <summary>Lets a node vote in the metadata quorum. Codes: UnknownNode, PreconditionFailed.</summary>
    /// <param name="node">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task PromoteAsync(string node, CancellationToken cancellationToken = default) =>
        CallAsync("PromoteBroker", new PromoteBrokerRequest { Node = node }, PromoteBrokerResponse.Parser, cancellationToken);

    /// <summary>Forgets a node for good. Codes: UnknownNode, PreconditionFailed.</summary>
    /// <param name="node">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task RemoveAsync(string node, CancellationToken cancellationToken = default) =>
        CallAsync("RemoveBroker", new RemoveBrokerRequest { Node = node }, RemoveBrokerResponse.Parser, cancellationToken);

    private Task<TResponse> CallAsync<TResponse>(string method, IMessage request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse> =>
        caller.CallAsync(Service + method, request, parser, method.StartsWith("Get", StringComparison.Ordinal) || method.StartsWith("List", StringComparison.Ordinal), cancellationToken);
}
