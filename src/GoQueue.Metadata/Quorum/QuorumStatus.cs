using GoQueue.Core;

namespace GoQueue.Metadata.Quorum;

/// <summary>What this node knows of the quorum at one moment. Immutable.</summary>
public sealed record QuorumStatus
{
    /// <summary>Rises with every change that <see cref="IMetadataQuorum.WaitForStatusChangeAsync"/> tells of.</summary>
    public required long Sequence { get; init; }

    /// <summary>Null while none is known.</summary>
    public required NodeId? Leader { get; init; }

    /// <summary>
    /// This node leads, has applied everything decided before its term, and its lease held when the status was taken: no other node led at that moment.
    /// </summary>
    public required bool IsLeader { get; init; }

    public required long Term { get; init; }

    /// <summary>Entries up to it are decided. The first entry has index 1; an entry's index is the image version it makes.</summary>
    public required long CommitIndex { get; init; }

    /// <summary>Entries up to it show in the image.</summary>
    public required long AppliedIndex { get; init; }

    /// <summary>By node id.</summary>
    public required IReadOnlyList<QuorumMemberStatus> Members { get; init; }
}
