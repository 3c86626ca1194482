using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Server.Hosting;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Administration;

/// <summary>
/// Administration of the cluster in the messages of the protocol. gRPC and REST both call these methods, so there is one meaning and one shape of each
/// operation; this class only translates between them and the broker's port.
/// </summary>
internal sealed partial class ClusterAdmin(BrokerPorts broker)
{
    public Result<V1.GetClusterResponse> GetCluster(V1.GetClusterRequest request)
    {
        if (!Find(out IClusterRequests? cluster, out Error error))
        {
            return error;
        }

        ClusterInfo info = cluster.Info();
        V1.GetClusterResponse response = new()
        {
            Node = info.Self.Value,
            MetadataVersion = info.Version,
            Brokers = info.BrokerCount,
            Topics = info.TopicCount,
            Partitions = info.PartitionCount,
            Quorum = ClusterMapping.ToWire(info.Quorum),
        };
        if (info.ClusterId is { } id)
        {
            response.ClusterId = id;
        }

        if (info.Controller is { } controller)
        {
            response.Controller = controller.Value;
        }

        return response;
    }

    public Result<V1.GetClusterHealthResponse> GetHealth(V1.GetClusterHealthRequest request) =>
        Find(out IClusterRequests? cluster, out Error error) ? ClusterMapping.ToWire(cluster.Health()) : error;

    public Result<V1.ListBrokersResponse> ListBrokers(V1.ListBrokersRequest request)
    {
        if (!Find(out IClusterRequests? cluster, out Error error))
        {
            return error;
        }

        V1.ListBrokersResponse response = new();
        response.Brokers.AddRange(cluster.Brokers().Select(ClusterMapping.ToWire));
        return response;
    }

    public Result<V1.ListEventsResponse> ListEvents(V1.ListEventsRequest request)
    {
        if (!Find(out IClusterRequests? cluster, out Error error))
        {
            return error;
        }

        Metadata.MetadataImage image = broker.Image;
        V1.ListEventsResponse response = new() { Total = image.EventCount };
        response.Events.AddRange(cluster.Events().Select(each => ClusterMapping.ToWire(each, image)));
        return response;
    }

    public async ValueTask<Result<V1.TransferLeaderResponse>> TransferLeaderAsync(V1.TransferLeaderRequest request, CancellationToken cancellationToken)
    {
        if (!Find(out IClusterRequests? cluster, out Error error))
        {
            return error;
        }

        NodeId? to = request.HasTo ? new NodeId(request.To) : null;
        Result<PartitionInfo> moved = await cluster.TransferLeaderAsync(request.Topic, request.Partition, to, request.Forced, cancellationToken);
        return moved.TryGet(out PartitionInfo? partition, out error) ? new V1.TransferLeaderResponse { Partition = ClusterMapping.ToWire(partition) } : error;
    }

    public async ValueTask<Result<V1.BalanceLeadersResponse>> BalanceLeadersAsync(V1.BalanceLeadersRequest request, CancellationToken cancellationToken)
    {
        if (!Find(out IClusterRequests? cluster, out Error error))
        {
            return error;
        }

        Result<int> changed = await cluster.TransferToPreferredAsync(cancellationToken);
        return changed.TryGet(out int count, out error) ? new V1.BalanceLeadersResponse { Changed = count } : error;
    }

    public async ValueTask<Result<V1.TransferControllerResponse>> TransferControllerAsync(V1.TransferControllerRequest request, CancellationToken cancellationToken)
    {
        if (broker.IfOpen?.Quorum is not { } quorum)
        {
            return NoCluster();
        }

        if (await quorum.TransferLeadershipAsync(new NodeId(request.Node), cancellationToken) is { } refused)
        {
            return refused;
        }

        V1.TransferControllerResponse response = new();
        if (quorum.Status.Leader is { } leader)
        {
            response.Controller = leader.Value;
        }

        return response;
    }

    public async ValueTask<Result<V1.DrainBrokerResponse>> DrainAsync(V1.DrainBrokerRequest request, CancellationToken cancellationToken)
    {
        if (!Find(out IClusterRequests? cluster, out Error error))
        {
            return error;
        }

        Result<ReassignmentProgress> drained = await cluster.DrainAsync(new NodeId(request.Node), cancellationToken);
        return drained.TryGet(out ReassignmentProgress? progress, out error) ? new V1.DrainBrokerResponse { Reassignment = ClusterMapping.ToWire(progress) } : error;
    }

    public async ValueTask<Result<V1.UndrainBrokerResponse>> UndrainAsync(V1.UndrainBrokerRequest request, CancellationToken cancellationToken) =>
        !Find(out IClusterRequests? cluster, out Error error) ? error
        : await cluster.UndrainAsync(new NodeId(request.Node), cancellationToken) is { } refused ? refused
        : new V1.UndrainBrokerResponse();

    public async ValueTask<Result<V1.PromoteBrokerResponse>> PromoteAsync(V1.PromoteBrokerRequest request, CancellationToken cancellationToken) =>
        !Find(out IClusterRequests? cluster, out Error error) ? error
        : await cluster.PromoteAsync(new NodeId(request.Node), cancellationToken) is { } refused ? refused
        : new V1.PromoteBrokerResponse();

    public async ValueTask<Result<V1.RemoveBrokerResponse>> RemoveAsync(V1.RemoveBrokerRequest request, CancellationToken cancellationToken) =>
        !Find(out IClusterRequests? cluster, out Error error) ? error
        : await cluster.RemoveAsync(new NodeId(request.Node), cancellationToken) is { } refused ? refused
        : new V1.RemoveBrokerResponse();

    private bool Find([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IClusterRequests? cluster, out Error error)
    {
        cluster = broker.IfOpen?.Cluster;
        error = cluster is null ? NoCluster() : default;
        return cluster is not null;
    }

    private static Error NoCluster() => new(ErrorCode.MetadataUnavailable, "this node does not take part in a cluster yet; call again soon");
}
