namespace GoQueue.Consensus.Core;

internal enum RaftRole : byte
{
    Follower = 0,

    /// <summary>Asks whether an election could be won; its term stays.</summary>
    PreCandidate = 1,

    Candidate = 2,

    Leader = 3,
}
