using GoQueue.Consensus.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus;

/// <summary>A member as the loop saw it; times are on the loop's clock.</summary>
internal sealed record MemberFacts(QuorumMember Member, QuorumRole Role, long? Match, TimeSpan? HeardAt, bool IsCaughtUp);

/// <summary>The quorum as the loop saw it at the end of a turn. Immutable.</summary>
internal sealed record StatusFacts
{
    public static readonly StatusFacts None = new() { Configuration = null, Members = [] };

    public long Sequence { get; init; }

    public MemberId? Leader { get; init; }

    /// <summary>Leads, and knows all that was decided before its term.</summary>
    public bool MayAct { get; init; }

    public TimeSpan LeaseUntil { get; init; }

    public long Term { get; init; }

    public long Commit { get; init; }

    public long Applied { get; init; }

    public required RaftConfiguration? Configuration { get; init; }

    public required IReadOnlyList<MemberFacts> Members { get; init; }
}
