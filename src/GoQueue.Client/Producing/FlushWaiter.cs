namespace GoQueue.Client.Producing;

/// <summary>
/// Somebody who waits for a number of batches. Later waiters of the same batch chain to earlier ones by <see cref="After"/>, so a batch
/// holds one of them only.
/// </summary>
internal sealed class FlushWaiter(FlushRequest request, FlushWaiter? after)
{
    /// <summary>Counts the batch as settled for this waiter and for those before it.</summary>
    public void OneLess()
    {
        for (FlushWaiter? waiter = this; waiter is not null; waiter = waiter.After)
        {
            waiter.Request.Done();
        }
    }

    private FlushRequest Request => request;

    private FlushWaiter? After => after;
}

/// <summary>One call of flush over all loops. Starts with a count of one per loop, so that it cannot finish before every loop has looked.</summary>
internal sealed class FlushRequest(int loops)
{
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open = loops;

    public Task Finished => finished.Task;

    public void Add() => Interlocked.Increment(ref open);

    public void Done()
    {
        if (Interlocked.Decrement(ref open) == 0)
        {
            finished.TrySetResult();
        }
    }
}
