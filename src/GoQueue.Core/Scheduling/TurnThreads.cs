namespace GoQueue.Core.Scheduling;

/// <summary>
/// A few dedicated threads that give turns to the owners of logs. They block in writes and flushes, which is why they are not the thread
/// pool's (performance rule 10); several of them let flushes of different files overlap.
/// </summary>
public sealed class TurnThreads : ITurnScheduler, IDisposable
{
    private readonly Queue<ITurn> waiting = new();
    private readonly Thread[] threads;
    private bool stopping;

    /// <param name="name">Of the threads, for people with a debugger; each gets a number behind it.</param>
    /// <param name="threadCount">1 to 64. One thread runs the turns in the order asked.</param>
    public TurnThreads(string name, int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threadCount, 64);
        threads = new Thread[threadCount];
        for (int i = 0; i < threadCount; i++)
        {
            threads[i] = new Thread(Run) { IsBackground = true, Name = $"{name}-{i}" };
            threads[i].Start();
        }
    }

    /// <remarks>Bounded by construction: an object is in the queue at most once.</remarks>
    public void Schedule(ITurn turn)
    {
        lock (waiting)
        {
            waiting.Enqueue(turn);
            Monitor.Pulse(waiting);
        }
    }

    /// <summary>Waits until the turn that each thread is in has ended. Turns still waiting are dropped: close their owners first.</summary>
    public void Dispose()
    {
        lock (waiting)
        {
            stopping = true;
            Monitor.PulseAll(waiting);
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    private void Run()
    {
        while (true)
        {
            ITurn turn;
            lock (waiting)
            {
                while (waiting.Count == 0 && !stopping)
                {
                    Monitor.Wait(waiting);
                }

                if (stopping)
                {
                    return;
                }

                turn = waiting.Dequeue();
            }

            turn.RunTurn();
        }
    }
}
