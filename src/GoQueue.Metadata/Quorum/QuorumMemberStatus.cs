namespace GoQueue.Metadata.Quorum;

/// <summary>A member as the asked node sees it. Only the leader knows the progress of others.</summary>
/// <param name="MatchIndex">Durable there up to this entry; null when not known here.</param>
/// <param name="SinceLastContact">Since the leader heard of it; null when not known here, zero for the leader itself.</param>
/// <param name="IsCaughtUp">The leader would promote it: it is close behind the end of the log and answers.</param>
public sealed record QuorumMemberStatus(QuorumMember Member, QuorumRole Role, long? MatchIndex, TimeSpan? SinceLastContact, bool IsCaughtUp);
