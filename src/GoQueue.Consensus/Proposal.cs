using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;

namespace GoQueue.Consensus;

/// <summary>
/// A command of this node on its way to a decision. It may be handed to several leaders one after the other under its one number; it is
/// applied once.
/// </summary>
internal sealed class Proposal(MetadataCommand command, ReadOnlyMemory<byte> encoded, TimeSpan deadline)
{
    // Continuations run elsewhere: an answer never runs its receiver on the thread that commits.
    private readonly TaskCompletionSource<Result<MetadataOutcome>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MetadataCommand Command { get; } = command;

    public ReadOnlyMemory<byte> Encoded { get; } = encoded;

    /// <summary>On the loop's clock: then the caller is told that nobody knows.</summary>
    public TimeSpan Deadline { get; } = deadline;

    /// <summary>Given when it is queued; 1 or more.</summary>
    public long Sequence { get; set; }

    /// <summary>How often it was handed to a leader; tells a late answer from the newest.</summary>
    public int Attempts { get; set; }

    /// <summary>How many of those leaders may have put it into the log; above 0 nobody can say that it never takes effect.</summary>
    public int Handed { get; set; }

    /// <summary>It is in a leader's hands, or on the way there; else it waits.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Index in this node's log, when it is the leader that took it; else 0.</summary>
    public long Index { get; set; }

    /// <summary>What applying did; answered only when the image that shows it is out.</summary>
    public MetadataOutcome? Outcome { get; set; }

    public Task<Result<MetadataOutcome>> Answer => answer.Task;

    /// <summary>Room it takes in a group.</summary>
    public int Size => Encoded.Length + 128;

    public void Complete(Result<MetadataOutcome> result) => answer.TrySetResult(result);

    public void Refuse(ErrorCode code, string detail) => Complete(new Error(code, detail));
}
