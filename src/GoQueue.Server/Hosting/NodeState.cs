namespace GoQueue.Server.Hosting;

/// <summary>Where the node is in its life: starting, ready, draining. Only forward. Read by any request.</summary>
internal sealed class NodeState : IDisposable
{
    private readonly CancellationTokenSource draining = new();
    private volatile NodePhase phase = NodePhase.Starting;
    private volatile bool isHandingOver;

    public NodePhase Phase => phase;

    public bool IsReady => phase == NodePhase.Ready;

    /// <summary>Cancelled when draining begins: whoever waits for messages answers now.</summary>
    public CancellationToken Draining => draining.Token;

    /// <summary>It was told to stop and still serves: who spreads load should send nothing new.</summary>
    public bool IsHandingOver => isHandingOver;

    public void BeganHandingOver() => isHandingOver = true;

    public void BecameReady() => phase = NodePhase.Ready;

    public void BeganDraining()
    {
        phase = NodePhase.Draining;
        draining.Cancel();
    }

    public void Dispose() => draining.Dispose();
}

internal enum NodePhase
{
    Starting,
    Ready,
    Draining,
}
