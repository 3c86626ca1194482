namespace GoQueue.Server.Rest;

/// <summary>
/// Waits for a caller to take what is written, but not for ever: then its connection is cut. Kestrel's own limit is a rate, which gives a caller
/// that reads nothing longer the more there is to read, and stands for all listeners; it is off.
/// </summary>
internal static class SlowCaller
{
    /// <exception cref="OperationCanceledException">The caller is gone, or took nothing for that long and was cut.</exception>
    public static ValueTask TakesAsync(HttpContext context, ValueTask<System.IO.Pipelines.FlushResult> writing, TimeSpan limit, TimeProvider time)
    {
        if (writing.IsCompletedSuccessfully && !writing.Result.IsCompleted)
        {
            return ValueTask.CompletedTask;
        }

        return new(WaitAsync(context, EndedAsync(writing.AsTask()), limit, time));

        static async Task EndedAsync(Task<System.IO.Pipelines.FlushResult> writing)
        {
            if ((await writing).IsCompleted)
            {
                throw new OperationCanceledException("the caller is gone");
            }
        }
    }

    /// <exception cref="OperationCanceledException">As above.</exception>
    public static ValueTask TakesAsync(HttpContext context, Task writing, TimeSpan limit, TimeProvider time) =>
        writing.IsCompletedSuccessfully ? ValueTask.CompletedTask : new(WaitAsync(context, writing, limit, time));

    private static async Task WaitAsync(HttpContext context, Task writing, TimeSpan limit, TimeProvider time)
    {
        try
        {
            await writing.WaitAsync(limit, time);
        }
        catch (TimeoutException slow)
        {
            context.Abort();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the buffers of the answer are its own until then
            throw new OperationCanceledException("the caller took nothing for too long and was cut", slow);
        }
    }
}
