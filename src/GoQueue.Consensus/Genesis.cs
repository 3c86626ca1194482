using System.Buffers;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus;

/// <summary>
/// How a cluster began: its id and its first members. Agreed once by formation, kept by every member, and the initial configuration of the Raft
/// log: a node with an empty log votes only under the genesis that it accepted.
/// </summary>
/// <param name="ClusterId">A <see cref="ClusterName"/>.</param>
/// <param name="Voters">1 to <see cref="MaxVoters"/>, by node id, no id twice (the learners' included).</param>
/// <param name="Learners">0 to <see cref="MaxMembers"/>, by node id.</param>
public sealed record Genesis(string ClusterId, IReadOnlyList<QuorumMember> Voters, IReadOnlyList<QuorumMember> Learners)
{
    public const int MaxVoters = 5;

    public const int MaxMembers = 100;

    private const byte Version = 1;

    /// <summary>Null when it keeps the rules above; else what it breaks.</summary>
    public Error? Validate()
    {
        if (ClusterName.Validate(ClusterId, "cluster id") is { } bad)
        {
            return bad;
        }

        if (Voters.Count is < 1 or > MaxVoters || Learners.Count > MaxMembers)
        {
            return Invalid($"a genesis has 1 to {MaxVoters} voters and at most {MaxMembers} learners, not {Voters.Count} and {Learners.Count}");
        }

        HashSet<NodeId> seen = [];
        foreach (QuorumMember member in Voters.Concat(Learners))
        {
            if (MemberRules.Validate(member) is { } refused)
            {
                return refused;
            }

            if (!seen.Add(member.Node))
            {
                return Invalid($"node {member.Node} is in the genesis twice");
            }
        }

        return IsOrdered(Voters) && IsOrdered(Learners) ? null : Invalid("the members of a genesis are ordered by node id");
    }

    /// <summary>Writes it as the members exchange and keep it (docs/internals/raft-log.md). It must be valid.</summary>
    public void Write(IBufferWriter<byte> destination)
    {
        Invariant.Check(Validate() is null, "a genesis is validated before it is written");
        destination.WriteByte(Version);
        destination.WriteName(ClusterId);
        destination.WriteMembers(Voters);
        destination.WriteMembers(Learners);
    }

    /// <summary>Reads one genesis and nothing behind it. Codes: CorruptLog for damage, UnsupportedBatchVersion for one of a newer program.</summary>
    public static Result<Genesis> Read(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        byte version = from.ReadByte();
        if (!from.IsBroken && version != Version)
        {
            return new Error(ErrorCode.UnsupportedBatchVersion, $"the genesis has format version {version}, this program knows {Version}; start a later goqueue-server");
        }

        Genesis read = new(from.ReadName(ClusterName.MaxLength), from.ReadMembers(MaxVoters), from.ReadMembers(MaxMembers));
        if (!from.IsAtEnd)
        {
            return new Error(ErrorCode.CorruptLog, $"the fields of the genesis do not fit its {bytes.Length} bytes");
        }

        return read.Validate() is { } broken ? new Error(ErrorCode.CorruptLog, "the genesis breaks a rule: " + broken.Detail) : read;
    }

    public bool Equals(Genesis? other) =>
        other is not null && ClusterId == other.ClusterId && Voters.SequenceEqual(other.Voters) && Learners.SequenceEqual(other.Learners);

    public override int GetHashCode() => HashCode.Combine(ClusterId, Voters.Count, Learners.Count);

    private static bool IsOrdered(IReadOnlyList<QuorumMember> members)
    {
        for (int i = 1; i < members.Count; i++)
        {
            if (members[i - 1].Node.CompareTo(members[i].Node) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private static Error Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);
}
