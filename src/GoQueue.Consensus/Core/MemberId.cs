using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Core;

/// <summary>Who votes: a node with one disk. The same node with a wiped disk is somebody else, and nothing of it counts for the one before.</summary>
internal readonly record struct MemberId(NodeId Node, Guid Incarnation) : IComparable<MemberId>
{
    public static MemberId Of(QuorumMember member) => new(member.Node, member.Incarnation);

    public int CompareTo(MemberId other)
    {
        int byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : Incarnation.CompareTo(other.Incarnation);
    }

    public override string ToString() => Node.Value;
}
