using GoQueue.Testing;

namespace GoQueue.Broker.Tests.Controller;

/// <summary>Everything asynchronous of a test on the thread of the test, in order, on a clock that it moves: the same run every time.</summary>
internal sealed class PumpedContext : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> posted = new();

    public ManualTime Time { get; } = new();

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (posted)
        {
            posted.Enqueue((d, state));
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing waits for another thread here");

    /// <summary>Runs an action as if from inside.</summary>
    public T Run<T>(Func<T> work)
    {
        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
        try
        {
            return work();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    /// <summary>Runs until the condition holds; fails when it does not within this time of the manual clock.</summary>
    public void Until(Func<bool> condition, TimeSpan within, string what)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed <= within; passed += TimeSpan.FromMilliseconds(10))
        {
            Drain();
            if (condition())
            {
                return;
            }

            Run(() =>
            {
                Time.Advance(TimeSpan.FromMilliseconds(10));
                return true;
            });
        }

        Assert.Fail($"not within {within.TotalMilliseconds} ms: {what}");
    }

    public void For(TimeSpan time)
    {
        TimeSpan end = Time.GetElapsedTime(0) + time;
        Until(() => Time.GetElapsedTime(0) >= end, time + TimeSpan.FromSeconds(1), "time passes");
    }

    /// <summary>Runs to the end of a task.</summary>
    public T Await<T>(Func<ValueTask<T>> work)
    {
        Task<T> task = Run(() => work().AsTask());
        Until(() => task.IsCompleted, TimeSpan.FromSeconds(60), "the task ends");
        return task.GetAwaiter().GetResult();
    }

    private void Drain() => Run(() =>
    {
        while (true)
        {
            (SendOrPostCallback Callback, object? State) next;
            lock (posted)
            {
                if (!posted.TryDequeue(out next))
                {
                    return true;
                }
            }

            next.Callback(next.State);
        }
    });
}
