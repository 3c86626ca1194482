using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>
/// One batch on its way through a partition loop, and the pooled source of its answer. Continuations run on the thread pool, so that an
/// answer never runs a caller's code on a committer thread.
/// </summary>
internal sealed class PublishOperation : IValueTaskSource<PublishReceipt>
{
    private const int MaxPooled = 16_384;
    private static readonly ConcurrentQueue<PublishOperation> Pool = new();

    private ManualResetValueTaskSourceCore<PublishReceipt> source = new() { RunContinuationsAsynchronously = true };
    private bool awaited;

    private PublishOperation()
    {
    }

    /// <summary>The batch; this operation owns one reference until <see cref="Complete"/>.</summary>
    public SharedBuffer Batch { get; private set; } = null!;

    public Acks Acks { get; private set; }

    /// <summary>Answer once the wait is over; set by the loop when the batch is ordered.</summary>
    public PublishReceipt Receipt { get; set; }

    /// <summary>The answer waits until everything below this is committed (or durable on the leader, for acks leader).</summary>
    public Offset WaitsFor { get; set; }

    /// <summary>The batch goes into the log; false for a recognised repeat.</summary>
    public bool IsNew { get; set; }

    public static PublishOperation Rent(SharedBuffer batch, Acks acks)
    {
        if (!Pool.TryDequeue(out PublishOperation? operation))
        {
            operation = new PublishOperation();
        }

        operation.Batch = batch;
        operation.Acks = acks;
        operation.awaited = acks != Acks.None;
        return operation;
    }

    /// <summary>The answer; to be awaited exactly once. Not for acks none, which nobody waits for.</summary>
    public ValueTask<PublishReceipt> Answer() => new(this, source.Version);

    /// <summary>Releases the batch and gives the answer. Called once.</summary>
    public void Complete(in PublishReceipt receipt)
    {
        Batch.Release();
        Batch = null!;
        if (awaited)
        {
            source.SetResult(receipt);
        }
        else
        {
            Return();
        }
    }

    PublishReceipt IValueTaskSource<PublishReceipt>.GetResult(short token)
    {
        PublishReceipt receipt = source.GetResult(token);
        Return();
        return receipt;
    }

    ValueTaskSourceStatus IValueTaskSource<PublishReceipt>.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource<PublishReceipt>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);

    private void Return()
    {
        source.Reset();
        Receipt = default;
        WaitsFor = Offset.None;
        IsNew = false;
        if (Pool.Count < MaxPooled)
        {
            Pool.Enqueue(this);
        }
    }
}
