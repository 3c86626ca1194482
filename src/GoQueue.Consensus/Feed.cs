using GoQueue.Core;
using GoQueue.Core.Scheduling;

namespace GoQueue.Consensus;

/// <summary>Holds the newest of something that is published by one thread, for any reader, and wakes those who wait for a newer one.</summary>
/// <param name="first">What there is to begin with.</param>
/// <param name="versionOf">Never goes back from one published to the next; when it stays, nobody is woken.</param>
/// <param name="owner">Named to whoever waits when it closes.</param>
internal sealed class Feed<T>(T first, Func<T, long> versionOf, Type owner)
    where T : class
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();
    private T newest = first;
    private bool isClosed;

    public T Newest => Volatile.Read(ref newest);

    public void Publish(T next)
    {
        TaskCompletionSource? signal = null;
        lock (gate)
        {
            long before = versionOf(newest);
            long after = versionOf(next);
            Invariant.Check(after >= before, "what is published gets newer", before, after);
            if (after > before)
            {
                signal = changed;
                changed = NewSignal();
            }

            Volatile.Write(ref newest, next);
        }

        signal?.SetResult();
    }

    public async ValueTask<T> WaitForNewerAsync(long seenVersion, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task signal;
            lock (gate)
            {
                if (versionOf(newest) > seenVersion)
                {
                    return newest;
                }

                ObjectDisposedException.ThrowIf(isClosed, owner);
                signal = changed.Task;
            }

            await signal.UnlessCancelledAsync(cancellationToken);
        }
    }

    /// <summary>Wakes everybody who still waits; they throw.</summary>
    public void Close()
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            isClosed = true;
            signal = changed;
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
