using GoQueue.Core.Scheduling;

namespace GoQueue.Broker.Registration;

/// <summary>Wakes one loop. Several calls before it looks are one. Any thread may wake it.</summary>
internal sealed class Signal
{
    private readonly Lock gate = new();
    private TaskCompletionSource source = New();

    /// <summary>Taken before the state is looked at, so that no change between the look and the wait is missed.</summary>
    public Task Next
    {
        get
        {
            lock (gate)
            {
                return source.Task;
            }
        }
    }

    public void Wake()
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            waiting = source;
            source = New();
        }

        waiting.SetResult();
    }

    /// <summary>Returns when it was woken since <paramref name="taken"/>, when the time is over, or with the token's cancellation.</summary>
    public static async Task WaitAsync(Task taken, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await taken.WithinAsync(atMost, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // as good a reason to look
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
