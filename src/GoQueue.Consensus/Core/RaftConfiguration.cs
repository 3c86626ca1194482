using System.Buffers;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Core;

/// <summary>Who belongs to the quorum, from one entry of the log on. Immutable, members by node id.</summary>
internal sealed class RaftConfiguration
{
    public RaftConfiguration(IEnumerable<QuorumMember> voters, IEnumerable<QuorumMember> learners)
    {
        Voters = [.. voters.OrderBy(member => member.Node)];
        Learners = [.. learners.OrderBy(member => member.Node)];
        Members = [.. Voters.Concat(Learners).OrderBy(member => member.Node)];
    }

    public IReadOnlyList<QuorumMember> Voters { get; }

    public IReadOnlyList<QuorumMember> Learners { get; }

    public IReadOnlyList<QuorumMember> Members { get; }

    /// <summary>Voters that decide together.</summary>
    public int Majority => (Voters.Count / 2) + 1;

    public static RaftConfiguration Of(Genesis genesis) => new(genesis.Voters, genesis.Learners);

    public bool IsVoter(MemberId id) => Voters.Any(member => MemberId.Of(member) == id);

    public bool IsMember(MemberId id) => Members.Any(member => MemberId.Of(member) == id);

    /// <summary>The member under that node id, whatever its incarnation.</summary>
    public QuorumMember? Find(NodeId node) => Members.FirstOrDefault(member => member.Node == node);

    /// <summary>True when it alone decides.</summary>
    public bool IsSoleVoter(MemberId id) => Voters.Count == 1 && IsVoter(id);

    /// <summary>The configuration after a change, or why there is none. A change that changes nothing gives this very object.</summary>
    public Result<RaftConfiguration> With(MembershipChange change) => change switch
    {
        MembershipChange.AddLearner add => WithLearner(add.Member),
        MembershipChange.Promote promote => WithVoter(promote.Node, promote.Incarnation),
        MembershipChange.Remove remove => Without(remove.Node, remove.Incarnation),
        _ => throw new InvariantViolationException($"membership change {change.GetType().Name} has no rule"),
    };

    public void Write(IBufferWriter<byte> to)
    {
        to.WriteMembers(Voters);
        to.WriteMembers(Learners);
    }

    public byte[] ToBytes()
    {
        ArrayBufferWriter<byte> bytes = new();
        Write(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Null when the bytes are none.</summary>
    public static RaftConfiguration? TryRead(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        RaftConfiguration? read = TryRead(ref from);
        return from.IsAtEnd ? read : null;
    }

    /// <summary>Null, and the reader broken, when the next bytes are none.</summary>
    public static RaftConfiguration? TryRead(ref FieldReader from)
    {
        IReadOnlyList<QuorumMember> voters = from.ReadMembers(Genesis.MaxVoters);
        IReadOnlyList<QuorumMember> learners = from.ReadMembers(Genesis.MaxMembers);
        bool isSound = !from.IsBroken && voters.Count > 0
            && voters.Concat(learners).All(member => MemberRules.Validate(member) is null)
            && voters.Concat(learners).Select(member => member.Node).Distinct().Count() == voters.Count + learners.Count;
        if (!isSound)
        {
            from.Break();
            return null;
        }

        return new RaftConfiguration(voters, learners);
    }

    public override string ToString() =>
        $"voters [{string.Join(' ', Voters.Select(member => member.Node.Value))}] learners [{string.Join(' ', Learners.Select(member => member.Node.Value))}]";

    private Result<RaftConfiguration> WithLearner(QuorumMember added)
    {
        if (MemberRules.Validate(added) is { } malformed)
        {
            return malformed;
        }

        if (Find(added.Node) is not { } present)
        {
            return Members.Count >= Genesis.MaxMembers
                ? Refused($"the quorum has {Members.Count} members, the bound")
                : new RaftConfiguration(Voters, [.. Learners, added]);
        }

        if (present == added)
        {
            return this;
        }

        return present.Incarnation == added.Incarnation
            ? Readdressed(added)
            : Refused($"node {added.Node} is a member with another disk; remove it first, then add the new one");
    }

    /// <summary>The same disk under a new address; it keeps its role.</summary>
    private RaftConfiguration Readdressed(QuorumMember moved) => new(
        Voters.Select(member => member.Node == moved.Node ? moved : member),
        Learners.Select(member => member.Node == moved.Node ? moved : member));

    private Result<RaftConfiguration> WithVoter(NodeId node, Guid incarnation)
    {
        MemberId id = new(node, incarnation);
        if (IsVoter(id))
        {
            return this;
        }

        if (Find(node) is not { } learner)
        {
            return new Error(ErrorCode.UnknownNode, $"node {node} is no member of the quorum; add it as a learner first");
        }

        if (learner.Incarnation != incarnation)
        {
            return Refused($"node {node} is a member with another disk");
        }

        return Voters.Count >= Genesis.MaxVoters
            ? Refused($"the quorum has {Voters.Count} voters, the bound")
            : new RaftConfiguration([.. Voters, learner], Learners.Where(member => member != learner));
    }

    private Result<RaftConfiguration> Without(NodeId node, Guid incarnation)
    {
        if (Find(node) is not { } removed)
        {
            return this;
        }

        if (removed.Incarnation != incarnation)
        {
            return Refused($"node {node} is a member with another disk");
        }

        return Voters.Count == 1 && Voters[0] == removed
            ? Refused($"node {node} is the last voter; a quorum without voters decides nothing")
            : new RaftConfiguration(Voters.Where(member => member != removed), Learners.Where(member => member != removed));
    }

    private static Error Refused(string detail) => new(ErrorCode.PreconditionFailed, detail);
}
