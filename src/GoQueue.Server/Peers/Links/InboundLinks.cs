using GoQueue.Core;
using GoQueue.Server.Peers.Connections;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Links;

/// <summary>The links that others made to this node: for each node one at a time, of one disk.</summary>
internal sealed class InboundLinks
{
    private readonly Lock gate = new();
    private readonly Dictionary<NodeId, Link> links = [];

    /// <summary>
    /// Takes a connection, or says why not. A newer link of the same disk replaces the one before, which its maker gave up. Another disk under the
    /// same id is refused while the first is there: a node that was wiped comes back after its old connections broke, so this is a second node.
    /// </summary>
    public (RefusalReason Reason, string Detail) Admit(Hello hello, PeerConnection connection)
    {
        List<PeerConnection> replaced = [];
        lock (gate)
        {
            if (links.TryGetValue(hello.Sender.Node, out Link? current))
            {
                if (current.Incarnation != hello.Sender.Incarnation)
                {
                    return (RefusalReason.SameNodeTwice,
                        $"two nodes with the same id {hello.Sender.Node}: one with incarnation {current.Incarnation} is connected, this one has " +
                        $"{hello.Sender.Incarnation}; give each its own --node-id");
                }

                if (current.Id != hello.Link)
                {
                    replaced.AddRange(current.Connections);
                    current = null;
                }
            }

            if (current is null)
            {
                current = new Link(hello.Link, hello.Sender.Incarnation, []);
                links[hello.Sender.Node] = current;
            }

            replaced.AddRange(current.Connections.Where(other => other.Channel == connection.Channel));
            current.Connections.RemoveAll(other => other.Channel == connection.Channel);
            current.Connections.Add(connection);
        }

        EndAll(replaced);
        return (RefusalReason.None, string.Empty);
    }

    /// <summary>A connection ended, and with it its link.</summary>
    public void Remove(PeerConnection connection)
    {
        List<PeerConnection> rest;
        lock (gate)
        {
            if (!links.TryGetValue(connection.Peer.Node, out Link? link) || !link.Connections.Contains(connection))
            {
                return;
            }

            links.Remove(connection.Peer.Node);
            rest = link.Connections;
        }

        EndAll(rest);
    }

    public void Tick(int ticksOfSilence)
    {
        foreach (PeerConnection connection in All())
        {
            connection.Tick(ticksOfSilence);
        }
    }

    /// <summary>Ends all links; their makers make them anew and show again who they are.</summary>
    public void EndAll() => EndAll(All());

    private static void EndAll(List<PeerConnection> connections) => connections.ForEach(static connection => connection.End(ConnectionEnd.EndedHere));

    private List<PeerConnection> All()
    {
        lock (gate)
        {
            return [.. links.Values.SelectMany(link => link.Connections)];
        }
    }

    private sealed record Link(ulong Id, Guid Incarnation, List<PeerConnection> Connections);
}
