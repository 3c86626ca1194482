using System.Text;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus;

/// <summary>What a member must look like, wherever it comes from.</summary>
internal static class MemberRules
{
    public const int MaxNodeIdLength = 64;
    public const int MaxHostLength = 253;

    public static Error? Validate(QuorumMember member)
    {
        string id = member.Node.Value ?? string.Empty;
        if (id.Length is < 1 or > MaxNodeIdLength || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            return Invalid($"a node id is 1 to {MaxNodeIdLength} characters of A-Z a-z 0-9 . _ -, not '{id}'");
        }

        if (member.Incarnation == Guid.Empty)
        {
            return Invalid($"node {id} has no incarnation");
        }

        return member.Host.Length is >= 1 and <= MaxHostLength && Ascii.IsValid(member.Host) && member.Port is >= 1 and <= 65535
            ? null
            : Invalid($"node {id} has no usable peer address: '{member.Host}', port {member.Port}");
    }

    private static Error Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);
}
