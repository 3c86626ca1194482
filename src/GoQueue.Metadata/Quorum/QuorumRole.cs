namespace GoQueue.Metadata.Quorum;

/// <summary>What a member does in the quorum.</summary>
public enum QuorumRole : byte
{
    /// <summary>Receives the log, never votes and never counts.</summary>
    Learner = 0,

    /// <summary>Votes, and counts for what is decided.</summary>
    Voter = 1,
}
