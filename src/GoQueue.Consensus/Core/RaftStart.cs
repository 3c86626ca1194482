namespace GoQueue.Consensus.Core;

/// <summary>What a member knows when it starts: all of it durable.</summary>
internal sealed record RaftStart
{
    public required MemberId Self { get; init; }

    public required HardState HardState { get; init; }

    /// <summary>Null for none yet: the log begins at entry 1.</summary>
    public required RaftSnapshot? Snapshot { get; init; }

    /// <summary>In force before the first entry of the log; with a snapshot its configuration counts.</summary>
    public required RaftConfiguration Configuration { get; init; }

    /// <summary>From the entry behind the snapshot, or an earlier one, on.</summary>
    public required IReadOnlyList<RaftEntry> Entries { get; init; }

    /// <summary>Term of the entry before the first of <see cref="Entries"/>.</summary>
    public required long BaseTerm { get; init; }

    /// <summary>Entries up to it are known to be decided.</summary>
    public required long Commit { get; init; }

    /// <summary>False after the vote state was lost: the member follows, but neither votes nor counts until it is added anew.</summary>
    public required bool MayVote { get; init; }
}
