namespace GoQueue.Consensus.Core;

/// <summary>Everything that can happen to a member. A closed set.</summary>
internal abstract record RaftInput
{
    private RaftInput()
    {
    }

    /// <summary>The deadline passed. Too early or too often is harmless.</summary>
    public sealed record TimerFired : RaftInput
    {
        public static readonly TimerFired Instance = new();
    }

    /// <param name="From">As the transport proved it.</param>
    public sealed record Received(MemberId From, RaftMessage Message) : RaftInput;

    /// <summary>The log is on the device up to the entry of that index and term.</summary>
    public sealed record Flushed(long Index, long Term) : RaftInput;

    /// <summary>There was no room on the disk from that entry on; nothing of this step was sent. The entries are forgotten.</summary>
    public sealed record AppendFailed(long FromIndex) : RaftInput;

    /// <summary>Commands for the log; only to a leader that accepts them (<see cref="RaftCore.RefusesProposals"/>).</summary>
    public sealed record Propose(IReadOnlyList<ReadOnlyMemory<byte>> Commands) : RaftInput;

    /// <summary>Reads that came together. Answered by ticket.</summary>
    public sealed record Read(IReadOnlyList<long> Tickets) : RaftInput;

    /// <summary>The connection to a member broke: evidence that it is gone.</summary>
    public sealed record LinkLost(MemberId Peer) : RaftInput;

    /// <summary>Only what <see cref="RaftCore.Check"/> lets pass.</summary>
    public sealed record Change(MembershipChange What) : RaftInput;

    public sealed record Transfer(MemberId Target) : RaftInput;

    /// <summary>A snapshot of this member's own state is durable; the log may begin behind <paramref name="CompactTo"/>.</summary>
    public sealed record SnapshotTaken(RaftSnapshot Snapshot, long CompactTo) : RaftInput;

    /// <summary>What <see cref="RaftEffect.InstallSnapshot"/> asked for is done and durable.</summary>
    public sealed record SnapshotInstalled(RaftSnapshot Snapshot) : RaftInput;

    /// <summary>There was no room for it; nothing changed.</summary>
    public sealed record SnapshotFailed : RaftInput
    {
        public static readonly SnapshotFailed Instance = new();
    }
}
