namespace GoQueue.Consensus.Core;

/// <summary>
/// What the shell is to do, in this order: hard states, truncations and appends as listed, then the sends; then the flush, and its completion fed
/// back. A closed set.
/// </summary>
internal abstract record RaftEffect
{
    private RaftEffect()
    {
    }

    /// <param name="IsFlushed">Always, but for the deliberate bug of that name.</param>
    public sealed record SaveHardState(HardState State, bool IsFlushed) : RaftEffect;

    /// <summary>Drop the entry of that index and all behind it.</summary>
    public sealed record TruncateLog(long FromIndex) : RaftEffect;

    /// <summary>Write and, at the end of the turn, flush.</summary>
    public sealed record AppendEntries(IReadOnlyList<RaftEntry> Entries) : RaftEffect;

    public sealed record Send(MemberId To, RaftMessage Message) : RaftEffect;

    /// <summary>Entries up to it are decided and durable here: apply them.</summary>
    public sealed record Apply(long UpTo) : RaftEffect;

    /// <summary>The read may be served once everything up to <paramref name="Index"/> is applied.</summary>
    public sealed record ReadReady(long Ticket, long Index) : RaftEffect;

    /// <summary>This member does not lead, or no longer.</summary>
    public sealed record ReadRefused(long Ticket) : RaftEffect;

    /// <summary>Make it durable, drop the log, take over its state; then feed <see cref="RaftInput.SnapshotInstalled"/>.</summary>
    public sealed record InstallSnapshot(RaftSnapshot Snapshot) : RaftEffect;

    /// <summary>Call <see cref="RaftInput.TimerFired"/> at that time of the shell's monotonic clock, instead of any time named before.</summary>
    public sealed record SetTimer(TimeSpan Deadline) : RaftEffect;
}
