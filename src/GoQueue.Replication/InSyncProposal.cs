using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>A change of the in-sync set that a leader asks the metadata quorum for: compare-and-set on the partition epoch (R6).</summary>
/// <param name="PartitionEpoch">The one it is based on; with another one the proposal is void.</param>
/// <param name="InSync">The whole new set, with the registration under which each member was seen. Refused when a member registered anew since.</param>
public sealed record InSyncProposal(LeaderEpoch LeaderEpoch, PartitionEpoch PartitionEpoch, IReadOnlyList<InSyncMember> InSync, bool IsExpansion);

/// <summary>A member of a proposed in-sync set.</summary>
public readonly record struct InSyncMember(NodeId Node, BrokerEpoch BrokerEpoch);

/// <summary>How a proposal ended, as far as the proposer knows.</summary>
public enum ProposalOutcome
{
    /// <summary>Committed; the image that shows it follows.</summary>
    Accepted = 0,

    /// <summary>Certainly without effect, now and later.</summary>
    Refused,

    /// <summary>It may be committed, now or later: it goes on counting until the metadata tells.</summary>
    Unknown,
}
