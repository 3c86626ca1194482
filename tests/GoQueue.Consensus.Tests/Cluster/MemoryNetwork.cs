using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus.Tests.Cluster;

/// <summary>Joins transports in one process. Cuts drop messages silently; nothing is delayed.</summary>
internal sealed class MemoryNetwork
{
    private readonly Lock gate = new();
    private readonly Dictionary<NodeId, MemoryTransport> nodes = [];
    private readonly HashSet<(NodeId From, NodeId To)> cuts = [];

    public MemoryTransport Join(NodeId node, Guid incarnation)
    {
        MemoryTransport joined = new(this, node, incarnation);
        lock (gate)
        {
            nodes[node] = joined;
        }

        return joined;
    }

    /// <summary>The process went away: the others see their connections break, unless it goes silently.</summary>
    public void Leave(MemoryTransport transport, bool isSeen)
    {
        List<MemoryTransport> others;
        lock (gate)
        {
            if (nodes.GetValueOrDefault(transport.Self) == transport)
            {
                nodes.Remove(transport.Self);
            }

            others = [.. nodes.Values];
        }

        transport.Stop();
        if (isSeen)
        {
            others.ForEach(other => other.Post(() => other.Tell(new PeerLinkChange(transport.Self, transport.Incarnation, PeerLinkState.Closed))));
        }
    }

    public void Cut(NodeId one, NodeId other)
    {
        lock (gate)
        {
            cuts.Add((one, other));
            cuts.Add((other, one));
        }
    }

    public void Heal()
    {
        lock (gate)
        {
            cuts.Clear();
        }
    }

    /// <summary>Null when nobody can be reached there.</summary>
    public MemoryTransport? Find(NodeId from, NodeId to)
    {
        lock (gate)
        {
            return cuts.Contains((from, to)) ? null : nodes.GetValueOrDefault(to);
        }
    }
}
