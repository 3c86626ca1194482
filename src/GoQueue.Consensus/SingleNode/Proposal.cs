using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;

namespace GoQueue.Consensus.SingleNode;

/// <summary>A command on its way through the log, with its bytes and whoever waits for the answer.</summary>
internal sealed class Proposal(MetadataCommand command, ReadOnlyMemory<byte> encoded)
{
    // Continuations run elsewhere: an answer never runs its receiver on the thread that commits.
    private readonly TaskCompletionSource<Result<MetadataOutcome>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MetadataCommand Command { get; } = command;

    public ReadOnlyMemory<byte> Encoded { get; } = encoded;

    /// <summary>What applying did; answered only when the image that shows it is out.</summary>
    public MetadataOutcome? Outcome { get; set; }

    public Task<Result<MetadataOutcome>> Answer => answer.Task;

    public void Complete(Result<MetadataOutcome> result) => answer.SetResult(result);

    public void Refuse(ErrorCode code, string detail) => Complete(new Error(code, detail));
}
