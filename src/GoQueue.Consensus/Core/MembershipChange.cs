using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Core;

/// <summary>One step of membership. Steps touch one member, so that the majorities before and after overlap (thesis section 4.1).</summary>
internal abstract record MembershipChange
{
    private MembershipChange()
    {
    }

    public sealed record AddLearner(QuorumMember Member) : MembershipChange;

    public sealed record Promote(NodeId Node, Guid Incarnation) : MembershipChange;

    public sealed record Remove(NodeId Node, Guid Incarnation) : MembershipChange;
}
