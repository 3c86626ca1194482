using System.Threading.Tasks.Sources;

namespace GoQueue.Client;

/// <summary>
/// Wakes one loop. Setting it is cheap and may happen from any thread, any number of times; the loop sees at least one wake-up after the last
/// one. One waiter at a time, and waiting allocates nothing.
/// </summary>
internal sealed class WorkSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Raised = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> core = new() { RunContinuationsAsynchronously = true };
    private int state;

    public void Set()
    {
        while (true)
        {
            int seen = Volatile.Read(ref state);
            if (seen == Raised)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref state, seen == Waiting ? Idle : Raised, seen) == seen)
            {
                if (seen == Waiting)
                {
                    core.SetResult(true);
                }

                return;
            }
        }
    }

    /// <summary>Completes when the signal is set, or was set since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        core.Reset();
        short version = core.Version;
        if (Interlocked.CompareExchange(ref state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, version);
        }

        Volatile.Write(ref state, Idle); // only the waiter moves it from raised to idle
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
