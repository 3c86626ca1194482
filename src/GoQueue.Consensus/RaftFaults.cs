namespace GoQueue.Consensus;

/// <summary>Deliberate bugs, so that the simulator can show that it finds them. Only the processes of tests can set them (ADR 0015).</summary>
[Flags]
internal enum RaftFaults
{
    None = 0,

    /// <summary>Answers a vote before it is durable: after a crash the member may vote twice in one term.</summary>
    VoteWithoutFlushing = 1,

    /// <summary>Counts replicas of entries of older terms (figure 8 of the paper).</summary>
    CommitOlderTermByCounting = 2,

    /// <summary>A leader that was confirmed once serves reads without asking again, whatever time has passed.</summary>
    SkipReadIndexCheckAfterPause = 4,

    /// <summary>Acknowledges and counts entries before they are flushed.</summary>
    CountBeforeFlush = 8,

    /// <summary>Elections, and the votes before them, are won with one vote fewer than a majority (M1).</summary>
    LeadWithoutMajority = 16,

    /// <summary>A leader changes the members again before the last change is decided: two changes together may leave two majorities that do not meet (M7).</summary>
    ChangeBeforeDecided = 32,

    /// <summary>A leader counts by the newest membership that is decided, not by the newest: a voter that it removes counts on, one that it takes in does not (M7).</summary>
    CountByDecidedMembers = 64,
}
