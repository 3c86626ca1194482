namespace GoQueue.Client.Consuming;

/// <summary>
/// Bytes received and not yet given back by the user, over all partitions of a consumer. A response waits for room before it is read, in order of
/// asking; when nothing is held it always fits. While it waits, HTTP/2 flow control stops the server.
/// </summary>
internal sealed class PrefetchBudget(long limit)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> waiters = new();
    private long used;

    public long Used
    {
        get
        {
            lock (gate)
            {
                return used;
            }
        }
    }

    public ValueTask TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (waiters.Count == 0 && Fits(bytes))
            {
                used += bytes;
                return default;
            }

            LinkedListNode<Waiter> node = waiters.AddLast(new Waiter(bytes));
            return new ValueTask(WaitAsync(node, cancellationToken));
        }
    }

    public void GiveBack(int bytes)
    {
        lock (gate)
        {
            used -= bytes;
            while (waiters.First is { } first && Fits(first.Value.Bytes))
            {
                waiters.RemoveFirst();
                used += first.Value.Bytes;
                first.Value.Admitted.SetResult();
            }
        }
    }

    private bool Fits(int bytes) => used == 0 || used + bytes <= limit;

    private async Task WaitAsync(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => Cancel(node, cancellationToken), null);
        await using (registration.ConfigureAwait(false))
        {
            await node.Value.Admitted.Task.ConfigureAwait(false);
        }
    }

    private void Cancel(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (node.List is null)
            {
                return; // admitted in the meantime
            }

            waiters.Remove(node);
        }

        node.Value.Admitted.SetCanceled(cancellationToken);
        GiveBack(0); // those behind a large one may fit now
    }

    private sealed class Waiter(int bytes)
    {
        public int Bytes => bytes;

        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
