using GoQueue.Core;

namespace GoQueue.Metadata.Quorum;

/// <summary>
/// The port to the group of nodes that decides the metadata: who leads, reads that cannot be stale, and who belongs to it. Implemented by the same
/// object as <see cref="IMetadataLog"/>. Every member may be called from any thread.
/// </summary>
/// <remarks>
/// The changing calls work on any node: one that does not lead passes them on. Codes of all of them beside their own: MetadataUnavailable (no
/// leader is known or it did not answer in time, or the leader has not decided anything in its term yet; repeat), OutcomeUnknown (the
/// change may still be decided; look at <see cref="Status"/>), ShuttingDown.
/// </remarks>
public interface IMetadataQuorum
{
    /// <summary>As of now. Cheap; take it once per decision.</summary>
    QuorumStatus Status { get; }

    /// <summary>
    /// Completes when <see cref="QuorumStatus.Sequence"/> is above <paramref name="seen"/>: the leader, the term, this node's role or the members
    /// changed. Several changes may be seen as one. A lease that runs out does not wake anybody; who acts as the leader looks at the status.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was closed.</exception>
    ValueTask WaitForStatusChangeAsync(long seen, CancellationToken cancellationToken);

    /// <summary>
    /// Completes once the image here shows everything that was decided before the call, anywhere in the cluster: a majority confirmed the leader
    /// during the call, or its lease holds. The value is the version of that image; a later image serves as well.
    /// </summary>
    ValueTask<Result<long>> ReadIndexAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes a voter the leader as soon as its log is complete; null when it took over, or led already. Codes: UnknownNode, InvalidArgument (a
    /// learner), Timeout (the target did not take over; the old leader goes on).
    /// </summary>
    ValueTask<Error?> TransferLeadershipAsync(NodeId target, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a node that receives the log and never votes. Null when decided, or when it is a member with the same incarnation and address already.
    /// Another incarnation under the same node id: the old one must be removed first. Codes: PreconditionFailed.
    /// </summary>
    ValueTask<Error?> AddLearnerAsync(QuorumMember member, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a learner a voter. Null when decided, or when it votes already. Codes: UnknownNode, PreconditionFailed (not caught up, another change
    /// is under way, another incarnation, or as many voters as are allowed).
    /// </summary>
    ValueTask<Error?> PromoteAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a voter or learner out for good. Null when decided, or when it is no member. A leader that removes itself steps down after the decision.
    /// Codes: PreconditionFailed (another change is under way, another incarnation, or the last voter).
    /// </summary>
    ValueTask<Error?> RemoveAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken);
}
