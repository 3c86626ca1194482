namespace GoQueue.Consensus.Loops;

/// <summary>One thread of its own that runs turns in the order asked: turns block on the disk, so they are not for the thread pool.</summary>
public sealed class DedicatedLoop : IMetadataLoop, IDisposable
{
    private readonly Queue<Action> waiting = new();
    private readonly Thread thread;
    private bool isStopping;

    /// <param name="name">Of the thread, for people with a debugger.</param>
    public DedicatedLoop(string name)
    {
        thread = new Thread(Run) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <remarks>Bounded by its users: each has at most one turn waiting.</remarks>
    public void Schedule(Action turn)
    {
        lock (waiting)
        {
            waiting.Enqueue(turn);
            Monitor.Pulse(waiting);
        }
    }

    /// <summary>Ends the thread after the turn it is in. Turns still waiting are dropped: close their owners first. Not from inside a turn.</summary>
    public void Dispose()
    {
        lock (waiting)
        {
            isStopping = true;
            Monitor.Pulse(waiting);
        }

        thread.Join();
    }

    private void Run()
    {
        while (TryTake(out Action? turn))
        {
            turn();
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Action? turn)
    {
        lock (waiting)
        {
            while (waiting.Count == 0 && !isStopping)
            {
                Monitor.Wait(waiting);
            }

            turn = null;
            return !isStopping && waiting.TryDequeue(out turn);
        }
    }
}
