using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>The metadata as one node sees it, which may be cut off: then it knows what it knew, decides nothing and is confirmed by nobody.</summary>
internal sealed class CutMetadata(IMetadataLog log) : IMetadataLog, IMetadataQuorum
{
    private volatile MetadataImage? frozen;
    private TaskCompletionSource mended = Done();
    private int reads;

    /// <summary>Linearizable reads asked for so far.</summary>
    public int Reads => Volatile.Read(ref reads);

    public MetadataImage Image => frozen ?? log.Image;

    public QuorumStatus Status => Quorum.Status;

    private IMetadataQuorum Quorum => (IMetadataQuorum)log;

    public void Cut()
    {
        mended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        frozen = log.Image;
    }

    public void Mend()
    {
        frozen = null;
        mended.TrySetResult();
    }

    public async ValueTask<Result<MetadataOutcome>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken) =>
        frozen is null ? await log.ProposeAsync(command, cancellationToken) : new Error(ErrorCode.MetadataUnavailable, "cut off");

    public async ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken)
    {
        while (true)
        {
            await mended.Task.UnlessCancelledAsync(cancellationToken);
            await log.WaitForChangeAsync(seenVersion, cancellationToken);
            if (frozen is null)
            {
                return log.Image;
            }
        }
    }

    public async ValueTask<Result<long>> ReadIndexAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref reads);
        await mended.Task.UnlessCancelledAsync(cancellationToken);
        return await Quorum.ReadIndexAsync(cancellationToken);
    }

    public ValueTask WaitForStatusChangeAsync(long seen, CancellationToken cancellationToken) => Quorum.WaitForStatusChangeAsync(seen, cancellationToken);

    public ValueTask<Error?> TransferLeadershipAsync(NodeId target, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Error?> AddLearnerAsync(QuorumMember member, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Error?> PromoteAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Error?> RemoveAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    private static TaskCompletionSource Done()
    {
        TaskCompletionSource done = new();
        done.SetResult();
        return done;
    }
}
