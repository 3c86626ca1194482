using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Network;

/// <summary>
/// The network between the nodes: links that come up, carry messages late, lose them, fall silent and break. Hosts are told apart by index and
/// outlive the processes on them: a host without its process refuses connections, a host without power is silent.
/// </summary>
internal sealed class SimulatedNetwork
{
    private readonly SimulatedPeerTransport?[] hosts;
    private readonly bool[] isPowered;
    private readonly bool[] isCut;
    private readonly PeerLink?[] links;

    public SimulatedNetwork(SimulationLoop loop, NetworkOptions options, int hostCount)
    {
        Loop = loop;
        Options = options;
        Random = new SeededStream(loop.Seed, "network");
        hosts = new SimulatedPeerTransport?[hostCount];
        isPowered = new bool[hostCount];
        isCut = new bool[hostCount * hostCount];
        links = new PeerLink?[hostCount * hostCount];
        Array.Fill(isPowered, true);
    }

    public SimulationLoop Loop { get; }

    public NetworkOptions Options { get; }

    public SeededStream Random { get; }

    public int HostCount => hosts.Length;

    /// <summary>While set, no fault of its own comes from the network; cuts stay until healed.</summary>
    public bool IsCalm { get; set; }

    /// <summary>Where the host's process listens. The port is what tells hosts apart.</summary>
    public static PeerAddress AddressOf(NodeId node, int host) => new(node, "sim", host + 1);

    public static int HostOf(PeerAddress address) => address.Port - 1;

    /// <summary>A process begins to listen on its host.</summary>
    public SimulatedPeerTransport Attach(SimulatedProcess process, NodeId node, Guid incarnation)
    {
        SimulatedPeerTransport transport = new(this, process, node, incarnation);
        hosts[process.Index] = transport;
        isPowered[process.Index] = true;
        return transport;
    }

    /// <summary>The process is gone: its peers get a reset, or nothing at all when the machine lost its power.</summary>
    public void Detach(SimulatedProcess process, bool isPowerLoss)
    {
        hosts[process.Index] = null;
        isPowered[process.Index] = !isPowerLoss;
        for (int other = 0; other < hosts.Length; other++)
        {
            Find(process.Index, other)?.ProcessGone(process.Index, isPowerLoss);
        }
    }

    /// <summary>Nothing sent from one host reaches the other any more.</summary>
    public void Cut(int from, int to) => isCut[Pair(from, to)] = true;

    /// <summary>Ends a cut. A connection that outlived it goes on where it was: what was sent meanwhile arrives now.</summary>
    public void Heal(int from, int to)
    {
        isCut[Pair(from, to)] = false;
        Find(from, to)?.GoOn(from);
    }

    public void HealAll()
    {
        for (int from = 0; from < hosts.Length; from++)
        {
            for (int to = 0; to < hosts.Length; to++)
            {
                Heal(from, to);
            }
        }
    }

    /// <summary>Breaks the connection of two hosts; they notice at once and connect again.</summary>
    public void Reset(int one, int other) => Find(one, other)?.Break();

    public bool Carries(int from, int to) => !isCut[Pair(from, to)];

    public SimulatedPeerTransport? Host(int index) => hosts[index];

    /// <summary>A host that is there but has nobody listening answers a connection attempt with a refusal.</summary>
    public bool RefusesConnections(int index) => isPowered[index] && hosts[index] is null;

    /// <summary>Makes the link of two hosts, once both may know each other.</summary>
    internal void Introduce(int one, int other)
    {
        if (one != other && links[Pair(Math.Min(one, other), Math.Max(one, other))] is null)
        {
            PeerLink link = new(this, Math.Min(one, other), Math.Max(one, other));
            links[Pair(link.Low, link.High)] = link;
            link.Begin();
        }
    }

    internal PeerLink? Find(int one, int other) => one == other ? null : links[Pair(Math.Min(one, other), Math.Max(one, other))];

    private int Pair(int one, int other) => (one * hosts.Length) + other;

    internal int IndexOf(NodeId node, IReadOnlyList<PeerAddress> peers)
    {
        foreach (PeerAddress peer in peers)
        {
            if (peer.Node == node && peer.Port <= hosts.Length)
            {
                return HostOf(peer);
            }
        }

        return -1;
    }
}
