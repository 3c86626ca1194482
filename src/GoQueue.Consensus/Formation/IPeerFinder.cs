using GoQueue.Core.Peers;

namespace GoQueue.Consensus.Formation;

/// <summary>Finds nodes by a name: resolves it, and asks whoever answers at its addresses for its node id.</summary>
public interface IPeerFinder
{
    /// <summary>
    /// Who is there now, this node included when it is found; empty when the name does not resolve (yet). Asked again and again until a cluster is
    /// formed. Does not throw but for cancelling.
    /// </summary>
    ValueTask<IReadOnlyList<PeerAddress>> FindAsync(CancellationToken cancellationToken);
}
