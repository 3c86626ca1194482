using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Policy;
using Google.Protobuf.Collections;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Administration;

/// <summary>Moving replicas: plan, begin, look, bound, turn back.</summary>
internal sealed partial class ClusterAdmin
{
    public Result<V1.PlanReassignmentResponse> Plan(V1.PlanReassignmentRequest request)
    {
        if (!Find(out IClusterRequests? cluster, out Error error) || !cluster.PlanReassignment(TopicsOf(request.Topics)).TryGet(out IReadOnlyList<ReplicaMove>? moves, out error))
        {
            return error;
        }

        V1.PlanReassignmentResponse response = new();
        response.Moves.AddRange(moves.Select(ClusterMapping.ToWire));
        return response;
    }

    public async ValueTask<Result<V1.StartReassignmentResponse>> StartReassignmentAsync(V1.StartReassignmentRequest request, CancellationToken cancellationToken)
    {
        if (!Find(out IClusterRequests? cluster, out Error error) || !WantedOf(request, cluster).TryGet(out IReadOnlyList<WantedReplicas>? wanted, out error))
        {
            return error;
        }

        long? rate = request.HasBytesPerSecond ? request.BytesPerSecond : null;
        Result<ReassignmentProgress> started = await cluster.StartReassignmentAsync(wanted, rate, cancellationToken);
        return started.TryGet(out ReassignmentProgress? progress, out error) ? new V1.StartReassignmentResponse { Reassignment = await ToWireAsync(progress, cancellationToken) } : error;
    }

    public async ValueTask<Result<V1.GetReassignmentResponse>> GetReassignmentAsync(V1.GetReassignmentRequest request, CancellationToken cancellationToken) => Find(out IClusterRequests? cluster, out Error error)
        ? new V1.GetReassignmentResponse { Reassignment = await ToWireAsync(cluster.Reassignment(), cancellationToken) }
        : error;

    public async ValueTask<Result<V1.AlterReassignmentResponse>> AlterReassignmentAsync(V1.AlterReassignmentRequest request, CancellationToken cancellationToken) =>
        !Find(out IClusterRequests? cluster, out Error error) ? error
        : await cluster.SetReassignmentRateAsync(request.BytesPerSecond, cancellationToken) is { } refused ? refused
        : new V1.AlterReassignmentResponse { Reassignment = await ToWireAsync(cluster.Reassignment(), cancellationToken) };

    public async ValueTask<Result<V1.CancelReassignmentResponse>> CancelReassignmentAsync(V1.CancelReassignmentRequest request, CancellationToken cancellationToken)
    {
        if (!Find(out IClusterRequests? cluster, out Error error))
        {
            return error;
        }

        Result<ReassignmentProgress> cancelled = await cluster.CancelReassignmentAsync(TopicsOf(request.Topics), cancellationToken);
        return cancelled.TryGet(out ReassignmentProgress? progress, out error) ? new V1.CancelReassignmentResponse { Reassignment = await ToWireAsync(progress, cancellationToken) } : error;
    }

    /// <summary>With what the leaders say of the data that is still to move.</summary>
    private async ValueTask<V1.Reassignment> ToWireAsync(ReassignmentProgress progress, CancellationToken cancellationToken) =>
        ClusterMapping.ToWire(broker.IfOpen?.CatchUps is { } leaders ? await leaders.AskLeadersAsync(progress, cancellationToken) : progress);

    private static Result<IReadOnlyList<WantedReplicas>> WantedOf(V1.StartReassignmentRequest request, IClusterRequests cluster)
    {
        List<WantedReplicas> wanted = [];
        if (request.Moves.Count == 0)
        {
            if (!cluster.PlanReassignment(TopicsOf(request.Topics)).TryGet(out IReadOnlyList<ReplicaMove>? moves, out Error error))
            {
                return error;
            }

            wanted.AddRange(moves.Select(move => new WantedReplicas(move.TopicName, move.Partition.Partition.Value, move.To)));
            return wanted;
        }

        if (request.Topics.Count > 0)
        {
            return new Error(ErrorCode.InvalidArgument, "moves and topics exclude each other: topics name what a plan is made for");
        }

        foreach (V1.ReplicaMove move in request.Moves)
        {
            if (move.To.Distinct(StringComparer.Ordinal).Count() != move.To.Count)
            {
                return new Error(ErrorCode.InvalidArgument, $"the replicas wanted for partition {move.Partition} of topic {move.Topic} name a node twice: {string.Join(' ', move.To)}");
            }

            wanted.Add(new WantedReplicas(move.Topic, move.Partition, NodeList.From(move.To.Select(static node => new NodeId(node)))));
        }

        return wanted;
    }

    private static RepeatedField<string>? TopicsOf(RepeatedField<string> topics) => topics.Count == 0 ? null : topics;
}
