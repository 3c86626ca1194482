using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Server.Peers.Links;

/// <summary>Tells of links, in order, each change once; and tells late observers of the links that are up.</summary>
internal sealed class LinkObservers(ILogger log)
{
    private readonly Lock gate = new();
    private readonly List<Action<PeerLinkChange>> observers = [];
    private readonly SortedDictionary<NodeId, PeerLinkChange> last = [];

    public void Add(Action<PeerLinkChange> observer)
    {
        lock (gate)
        {
            observers.Add(observer);
            foreach (PeerLinkChange change in last.Values)
            {
                if (change.State == PeerLinkState.Up)
                {
                    Tell(observer, change);
                }
            }
        }
    }

    /// <summary>False when nobody was told: nothing changed, or the link was taken out of the list and a new one may speak for that node.</summary>
    public bool Tell(PeerLinkChange change, OutboundLink source)
    {
        lock (gate)
        {
            if (source.IsStopped)
            {
                return false;
            }

            if (last.TryGetValue(change.Peer, out PeerLinkChange before) && before == change && change.State != PeerLinkState.Up)
            {
                return false;
            }

            last[change.Peer] = change;
            foreach (Action<PeerLinkChange> observer in observers)
            {
                Tell(observer, change);
            }

            return true;
        }
    }

    /// <summary>The node is no peer any more; nobody is told.</summary>
    public void Forget(NodeId peer)
    {
        lock (gate)
        {
            last.Remove(peer);
        }
    }

    private void Tell(Action<PeerLinkChange> observer, PeerLinkChange change)
    {
        try
        {
            observer(change);
        }
        catch (Exception failure)
        {
            Log.ObserverFailed(log, failure);
        }
    }
}
