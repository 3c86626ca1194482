using GoQueue.Core;
using GoQueue.Metadata.Commands;

namespace GoQueue.Metadata;

/// <summary>
/// The port to the replicated metadata log: proposals go in, every node applies them in one order, readers look at an immutable image. One
/// contract suite holds for every implementation (tests: MetadataLogContract).
/// </summary>
/// <remarks>
/// Guarantees: a proposal answered with an outcome is durable and stays applied, at one place of the order; a proposal answered with
/// <see cref="ErrorCode.OutcomeUnknown"/> may turn up applied later or never; after any other error it never takes effect. Every member
/// may be called from any thread.
/// </remarks>
public interface IMetadataLog : IAsyncDisposable
{
    /// <summary>The newest state applied here. Never changes once handed out; take it once per request.</summary>
    MetadataImage Image { get; }

    /// <summary>
    /// Decides a command. Completes once it is committed, flushed and applied here, so that <see cref="Image"/> shows it; the outcome may be
    /// <see cref="MetadataOutcome.Refused"/> when a precondition did not hold. Codes: those of <see cref="MetadataCommand.Validate"/>,
    /// Overloaded, DiskFull, ShuttingDown, MetadataUnavailable, OutcomeUnknown, StorageFailure.
    /// </summary>
    /// <exception cref="OperationCanceledException">Only the waiting stopped; the command may still be decided.</exception>
    ValueTask<Result<MetadataOutcome>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken);

    /// <summary>
    /// Completes with an image newer than <paramref name="seenVersion"/>: at once when there is one, else when it comes. Changes in quick
    /// succession may be seen as one.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was closed before a newer image came.</exception>
    ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken);
}
