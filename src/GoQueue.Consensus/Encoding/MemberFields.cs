using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Encoding;

/// <summary>Members of the quorum in the Raft formats: node id, incarnation, host, port.</summary>
internal static class MemberFields
{
    private const int SmallestMember = 2 + 16 + 2 + 4;

    public static void WriteMember(this IBufferWriter<byte> to, QuorumMember member)
    {
        to.WriteName(member.Node.Value);
        to.WriteGuid(member.Incarnation);
        to.WriteName(member.Host);
        to.WriteInt32(member.Port);
    }

    public static void WriteMembers(this IBufferWriter<byte> to, IReadOnlyList<QuorumMember> members)
    {
        to.WriteInt32(members.Count);
        foreach (QuorumMember member in members)
        {
            to.WriteMember(member);
        }
    }

    /// <summary>Its values may still break <see cref="MemberRules"/>.</summary>
    public static QuorumMember ReadMember(this ref FieldReader from) =>
        new(new NodeId(from.ReadName(MemberRules.MaxNodeIdLength)), from.ReadGuid(), from.ReadName(MemberRules.MaxHostLength), from.ReadInt32());

    public static IReadOnlyList<QuorumMember> ReadMembers(this ref FieldReader from, int maxCount)
    {
        int count = from.ReadCount(SmallestMember, maxCount);
        List<QuorumMember> members = new(count);
        for (int i = 0; i < count; i++)
        {
            members.Add(from.ReadMember());
        }

        return members;
    }
}
