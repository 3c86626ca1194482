using System.Collections.Concurrent;
using GoQueue.Core.Scheduling;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>Gives turns on the thread that asks, or holds them until the test says so: then what waits is visible, and nothing races.</summary>
internal sealed class HeldScheduler : ITurnScheduler
{
    private readonly ConcurrentQueue<ITurn> waiting = new();
    private volatile bool isHeld;

    public void Schedule(ITurn turn)
    {
        waiting.Enqueue(turn);
        if (!isHeld)
        {
            RunAll();
        }
    }

    public void Hold() => isHeld = true;

    public void Release()
    {
        isHeld = false;
        RunAll();
    }

    private void RunAll()
    {
        while (waiting.TryDequeue(out ITurn? turn))
        {
            turn.RunTurn();
        }
    }
}
