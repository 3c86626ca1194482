namespace GoQueue.Consensus.Core;

/// <summary>What members say to each other. Bytes: docs/internals/raft-messages.md. A closed set.</summary>
/// <param name="Term">The sender's, but for a pre-vote: there the term it would begin.</param>
internal abstract record RaftMessage(long Term)
{
    /// <summary>Would you vote for me? Nothing changes anywhere by asking (thesis section 9.6).</summary>
    public sealed record PreVote(long Term, long LastIndex, long LastTerm) : RaftMessage(Term);

    /// <param name="Term">That of the request when granted, else the responder's.</param>
    public sealed record PreVoteAnswer(long Term, bool IsGranted) : RaftMessage(Term);

    /// <param name="IsTransfer">The leader itself asked for this election.</param>
    public sealed record Vote(long Term, long LastIndex, long LastTerm, bool IsTransfer) : RaftMessage(Term);

    public sealed record VoteAnswer(long Term, bool IsGranted) : RaftMessage(Term);

    public sealed record Append(long Term, long PreviousIndex, long PreviousTerm, long Commit, IReadOnlyList<RaftEntry> Entries) : RaftMessage(Term);

    /// <summary>Accepted: everything up to <paramref name="Match"/> agrees with the leader's log and is on the device.</summary>
    /// <param name="IsCounted">False from a member that lost its vote: it holds the entries but promises nothing.</param>
    public sealed record AppendAccepted(long Term, long Match, bool IsCounted) : RaftMessage(Term);

    /// <summary>The entry before the sent ones is not there. The logs can agree up to <paramref name="HintIndex"/> at most.</summary>
    public sealed record AppendRejected(long Term, long PreviousIndex, long HintIndex, long HintTerm) : RaftMessage(Term);

    /// <param name="Round">Numbers the leader's questions whether it still leads.</param>
    /// <param name="Commit">Never above what the receiver is known to hold.</param>
    public sealed record Heartbeat(long Term, long Round, long Commit) : RaftMessage(Term);

    public sealed record HeartbeatAnswer(long Term, long Round, bool IsCounted) : RaftMessage(Term);

    /// <param name="TotalBytes">Of the whole snapshot.</param>
    /// <param name="TotalChecksum">CRC-32C of the whole.</param>
    /// <param name="Checksum">CRC-32C of <paramref name="Data"/>.</param>
    public sealed record SnapshotChunk(long Term, long Index, long IndexTerm, long TotalBytes, uint TotalChecksum, long Position, uint Checksum, ReadOnlyMemory<byte> Data)
        : RaftMessage(Term);

    /// <summary>How much of the snapshot is there.</summary>
    /// <param name="Match">0 while it is incomplete; then as in <see cref="AppendAccepted"/>.</param>
    public sealed record SnapshotAnswer(long Term, long Index, long NextPosition, long Match, bool IsCounted) : RaftMessage(Term);

    /// <summary>Begin an election at once: the leader hands over (thesis section 3.10).</summary>
    public sealed record TimeoutNow(long Term) : RaftMessage(Term);
}
