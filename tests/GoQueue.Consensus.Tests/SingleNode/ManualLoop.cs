using GoQueue.Consensus.Loops;

namespace GoQueue.Consensus.Tests.SingleNode;

/// <summary>Turns run when the test says so, on its own thread.</summary>
internal sealed class ManualLoop : IMetadataLoop
{
    private readonly Queue<Action> waiting = new();

    public int Waiting => waiting.Count;

    public void Schedule(Action turn) => waiting.Enqueue(turn);

    public void RunOne() => waiting.Dequeue()();

    public void RunAll()
    {
        while (waiting.Count > 0)
        {
            RunOne();
        }
    }
}
