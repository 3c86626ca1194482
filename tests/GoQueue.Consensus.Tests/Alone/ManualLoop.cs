using GoQueue.Core.Scheduling;

namespace GoQueue.Consensus.Tests.Alone;

/// <summary>Turns run when the test says so, on its own thread.</summary>
internal sealed class ManualLoop : ITurnScheduler
{
    private readonly Queue<ITurn> waiting = new();

    public int Waiting => waiting.Count;

    public void Schedule(ITurn turn) => waiting.Enqueue(turn);

    public void RunOne() => waiting.Dequeue().RunTurn();

    public void RunAll()
    {
        while (waiting.Count > 0)
        {
            RunOne();
        }
    }
}
