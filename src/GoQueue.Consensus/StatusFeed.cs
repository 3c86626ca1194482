using GoQueue.Consensus.Core;
using GoQueue.Core.Scheduling;
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

/// <summary>Holds the newest facts for any reader and wakes those who wait for a change worth knowing. Published by one thread.</summary>
internal sealed class StatusFeed(StatusFacts first)
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();
    private StatusFacts facts = first;
    private bool isClosed;

    public StatusFacts Facts => Volatile.Read(ref facts);

    public void Publish(StatusFacts next)
    {
        TaskCompletionSource? signal = null;
        lock (gate)
        {
            if (next.Sequence != facts.Sequence)
            {
                signal = changed;
                changed = NewSignal();
            }

            Volatile.Write(ref facts, next);
        }

        signal?.SetResult();
    }

    public async ValueTask WaitForNewerAsync(long seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task signal;
            lock (gate)
            {
                if (facts.Sequence > seen)
                {
                    return;
                }

                ObjectDisposedException.ThrowIf(isClosed, typeof(IMetadataQuorum));
                signal = changed.Task;
            }

            await signal.UnlessCancelledAsync(cancellationToken);
        }
    }

    /// <summary>Wakes everybody who still waits; they throw.</summary>
    public void Close()
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            isClosed = true;
            signal = changed;
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
