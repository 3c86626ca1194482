using GoQueue.Consensus.Core;
using GoQueue.Core;

namespace GoQueue.Consensus;

/// <summary>What a member asks the leader of the quorum to do. A closed set.</summary>
internal abstract record QuorumRequest
{
    private QuorumRequest()
    {
    }

    public sealed record Transfer(NodeId Target) : QuorumRequest;

    public sealed record Change(MembershipChange What) : QuorumRequest;
}
