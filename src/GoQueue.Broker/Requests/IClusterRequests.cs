using GoQueue.Core;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Policy;

namespace GoQueue.Broker.Requests;

/// <summary>
/// Administration of the cluster. Any node answers: reads come from the local image, changes are answered after the metadata log has committed and
/// applied them here. Codes of every change beside its own: those of <see cref="Metadata.IMetadataLog.ProposeAsync"/>, and PreconditionFailed when
/// something else changed the same partitions meanwhile (look again and repeat).
/// </summary>
public interface IClusterRequests
{
    /// <summary>The cluster, its controller, quorum and counts.</summary>
    ClusterInfo Info();

    /// <summary>What is wrong, if anything. Walks over all partitions.</summary>
    ClusterHealth Health();

    /// <summary>In order of node ids. Walks over all partitions.</summary>
    IReadOnlyList<BrokerInfo> Brokers();

    /// <summary>In order of topic names and partitions. Codes: UnknownTopic.</summary>
    Result<IReadOnlyList<PartitionInfo>> Partitions(PartitionFilter filter);

    /// <summary>Newest last: choices that may have cost acknowledged records (L5).</summary>
    IReadOnlyList<ClusterEvent> Events();

    /// <summary>What would be moved to even out the cluster, or these topics. Changes nothing. Codes: UnknownTopic, InvalidReplicationFactor.</summary>
    /// <param name="topics">Null for all.</param>
    Result<IReadOnlyList<ReplicaMove>> PlanReassignment(IReadOnlyCollection<string>? topics);

    /// <summary>
    /// Begins to move replicas, as planned or as the caller wishes. A partition that moves already turns to its new target. Codes: UnknownTopic,
    /// UnknownPartition, UnknownNode, InvalidReplicationFactor, InvalidArgument.
    /// </summary>
    /// <param name="bytesPerSecond">Bound for each broker, in and out; 0 for none; null leaves it as it is.</param>
    ValueTask<Result<ReassignmentProgress>> StartReassignmentAsync(IReadOnlyList<WantedReplicas> moves, long? bytesPerSecond, CancellationToken cancellationToken);

    /// <summary>How far the moves are.</summary>
    ReassignmentProgress Reassignment();

    /// <summary>Turns back every move that is under way, or those of these topics. Codes: UnknownTopic.</summary>
    ValueTask<Result<ReassignmentProgress>> CancelReassignmentAsync(IReadOnlyCollection<string>? topics, CancellationToken cancellationToken);

    /// <summary>Sets the bound on moving, bytes per second for each broker, in and out; 0 for none. Codes: InvalidArgument.</summary>
    ValueTask<Error?> SetReassignmentRateAsync(long bytesPerSecond, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the named replica the leader, or the preferred one when none is named. Codes: UnknownTopic, UnknownPartition, InvalidArgument (no replica),
    /// PreconditionFailed (not there, or not in sync and not forced).
    /// </summary>
    /// <param name="to">Null: the preferred one.</param>
    /// <param name="isForced">Also a replica that may lack acknowledged records. Recorded as an event.</param>
    ValueTask<Result<PartitionInfo>> TransferLeaderAsync(string topic, int partition, NodeId? to, bool isForced, CancellationToken cancellationToken);

    /// <summary>Gives every leadership that it can back to the preferred replica; answers how many changed.</summary>
    ValueTask<Result<int>> TransferToPreferredAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Empties a node: it gets nothing new, hands over its leaderships, and its replicas move to others; also for a node that is gone. Codes: UnknownNode,
    /// InvalidReplicationFactor when the others are too few (then nothing changed).
    /// </summary>
    ValueTask<Result<ReassignmentProgress>> DrainAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>The node takes new replicas again. What moved away stays away until it is planned back. Codes: UnknownNode.</summary>
    ValueTask<Error?> UndrainAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>
    /// Lets a node vote in the metadata quorum now, without waiting for the controller to see a need. Nodes join by themselves when they start. Codes:
    /// those of <see cref="Metadata.Quorum.IMetadataQuorum.PromoteAsync"/>.
    /// </summary>
    ValueTask<Error?> PromoteAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets a node for good, as a member of the quorum and as a broker. Codes: UnknownNode, PreconditionFailed (it still has replicas, or it still
    /// runs: drain it and stop it first).
    /// </summary>
    ValueTask<Error?> RemoveAsync(NodeId node, CancellationToken cancellationToken);
}
