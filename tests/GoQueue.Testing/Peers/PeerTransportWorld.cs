using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Testing.Peers;

/// <summary>
/// Some nodes and the network between them, as the contract suite of <see cref="IPeerTransport"/> needs them. The suite never waits by itself:
/// a simulated world runs its clock in <see cref="UntilAsync"/> and <see cref="ResultAsync{T}"/>, a real one waits.
/// </summary>
public abstract class PeerTransportWorld : IAsyncDisposable
{
    /// <summary>
    /// Starts a node that was never started or has been stopped: it listens, and reaches nobody until its peers are set. The address of a node stays
    /// the same over its starts.
    /// </summary>
    public abstract IPeerTransport Start(NodeId node, Guid incarnation);

    /// <summary>Where the node is or will be reached; also before its first start.</summary>
    public abstract PeerAddress AddressOf(NodeId node);

    /// <summary>The process of the node goes away as by SIGKILL: its connections break and nobody listens at its address.</summary>
    public abstract Task StopAsync(NodeId node);

    /// <summary>From now on nothing gets to the node on links that others made, nor back; nothing is closed.</summary>
    public abstract void Silence(NodeId node);

    /// <summary>Ends <see cref="Silence"/>.</summary>
    public abstract void Restore(NodeId node);

    /// <summary>Waits for a condition with a deadline, at the end of which it throws.</summary>
    public virtual Task UntilAsync(Func<bool> condition, string what) => Eventually.TrueAsync(condition, what);

    /// <summary>Waits for an operation under way.</summary>
    public virtual Task<T> ResultAsync<T>(ValueTask<T> operation) => operation.AsTask();

    public abstract ValueTask DisposeAsync();
}
