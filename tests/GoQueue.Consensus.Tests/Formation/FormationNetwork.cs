using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus.Tests.Formation;

/// <summary>
/// Nodes that form clusters over a network that loses, repeats, delays and reorders, on disks that survive a crash and not a wipe. One seed decides
/// everything. A record counts from the moment it is on the disk, and is shown only after that; a crash may fall between any two of these. What was
/// on its way to a node that crashed is lost, and nothing of an older disk arrives after something of a newer one, as connections have it.
/// </summary>
internal sealed class FormationNetwork
{
    private readonly Random random;
    private readonly List<(NodeId To, FormationView View, bool WantsAnswer)> onTheWay = [];
    private readonly SortedDictionary<NodeId, Node> nodes = [];
    private readonly Func<NodeId, FormationOptions> optionsOf;
    private TimeSpan now;

    public FormationNetwork(int seed, IEnumerable<NodeId> ids, Func<NodeId, FormationOptions> optionsOf)
    {
        random = new Random(seed);
        this.optionsOf = optionsOf;
        foreach (NodeId id in ids)
        {
            nodes[id] = new Node { Id = id };
            Boot(nodes[id]);
            Wipe(id);
        }
    }

    /// <summary>Every genesis that was ever decided on a disk, with the disks that were wiped since left out.</summary>
    public IReadOnlyCollection<Guid> DecidedNow => [.. nodes.Values.Where(node => node.Disk is { IsDecided: true }).Select(node => node.Disk!.Proposal.Id).Distinct()];

    public IEnumerable<FormationRecord?> Disks => nodes.Values.Select(node => node.Disk);

    public IEnumerable<string> Problems => nodes.Values.Select(node => $"{node.Id}: {node.Disk?.Stage} {node.Disk?.Proposal.Attempt} of {node.Disk?.Proposal.Coordinator} [{string.Join(' ', node.Disk?.Genesis.Voters.Concat(node.Disk.Genesis.Learners).Select(member => member.Node.Value) ?? [])}] {node.Machine.Problem}");

    public string? Fatal => nodes.Values.Select(node => node.Machine.Fatal).FirstOrDefault(fatal => fatal is not null);

    public FormationMachine Machine(NodeId id) => nodes[id].Machine;

    public void Wipe(NodeId id)
    {
        Node node = nodes[id];
        byte[] bytes = new byte[16];
        random.NextBytes(bytes);
        node.Incarnation = new Guid(bytes);
        node.Disks.Add(node.Incarnation);
        node.Disk = null;
        Boot(node);
    }

    public void Crash(NodeId id) => Boot(nodes[id]);

    /// <summary>The node finds another one, as by DNS.</summary>
    public void Find(NodeId id, NodeId other)
    {
        nodes[id].Known.Add(other);
        nodes[id].Machine.Know(new PeerAddress(other, other.Value, 7000));
    }

    public void Ask(NodeId from, NodeId to) => Send(from, to, wantsAnswer: true);

    public void Step(bool faults)
    {
        now += TimeSpan.FromMilliseconds(random.Next(0, 100));
        Node node = nodes.Values.ElementAt(random.Next(nodes.Count));
        switch (random.Next(10))
        {
            case < 4 when node.Known.Count > 0:
                Ask(node.Id, node.Known.ElementAt(random.Next(node.Known.Count)));
                break;
            case 4:
                Do(node, faults, static (machine, time) => machine.Advance(time));
                break;
            default:
                Deliver(faults);
                break;
        }
    }

    /// <summary>No faults any more: everybody asks everybody it knows until nothing changes.</summary>
    public void Heal()
    {
        for (int round = 0; round < 60; round++)
        {
            now += TimeSpan.FromMilliseconds(200);
            foreach (Node node in nodes.Values)
            {
                foreach (NodeId other in node.Known)
                {
                    Ask(node.Id, other);
                }
            }

            while (onTheWay.Count > 0)
            {
                Deliver(faults: false);
            }
        }
    }

    private void Deliver(bool faults)
    {
        if (onTheWay.Count == 0)
        {
            return;
        }

        int index = random.Next(onTheWay.Count);
        (NodeId to, FormationView view, bool wantsAnswer) = onTheWay[index];
        if (!faults || random.Next(8) != 0)
        {
            onTheWay.RemoveAt(index); // else it comes once more, any time later
        }

        if ((faults && random.Next(6) == 0) || IsOfOlderDisk(nodes[to], view))
        {
            return; // lost
        }

        if (Do(nodes[to], faults, (machine, time) => machine.Observe(view, time)) && wantsAnswer && nodes.ContainsKey(view.Node))
        {
            Send(to, view.Node, wantsAnswer: false);
        }
    }

    /// <summary>False when the node crashed on the way, before or after its disk took the record.</summary>
    private bool Do(Node node, bool faults, Action<FormationMachine, TimeSpan> what)
    {
        what(node.Machine, now);
        if (ReferenceEquals(node.Machine.Record, node.Disk))
        {
            return true;
        }

        if (faults && random.Next(10) == 0)
        {
            Boot(node);
            return false;
        }

        node.Disk = node.Machine.Record;
        if (faults && random.Next(10) == 0)
        {
            Boot(node);
            return false;
        }

        return true;
    }

    private bool IsOfOlderDisk(Node receiver, FormationView view)
    {
        int disk = nodes[view.Node].Disks.IndexOf(view.Incarnation);
        if (receiver.NewestDisk.GetValueOrDefault(view.Node) > disk)
        {
            return true;
        }

        receiver.NewestDisk[view.Node] = disk;
        return false;
    }

    private void Send(NodeId from, NodeId to, bool wantsAnswer)
    {
        using SharedBuffer bytes = nodes[from].Machine.View.Encode();
        onTheWay.Add((to, FormationView.Decode(bytes.Span).Value, wantsAnswer));
    }

    private void Boot(Node node)
    {
        FormationRecord? read = node.Disk is null ? null : FormationFile.Decode(FormationFile.Encode(node.Disk)).Value;
        node.Disk = read;
        onTheWay.RemoveAll(message => message.To == node.Id);
        node.Machine = new FormationMachine(optionsOf(node.Id) with { Incarnation = node.Incarnation }, read, NewId);
        foreach (NodeId other in node.Known)
        {
            node.Machine.Know(new PeerAddress(other, other.Value, 7000));
        }
    }

    private Guid NewId()
    {
        byte[] bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private sealed class Node
    {
        public required NodeId Id { get; init; }

        public Guid Incarnation { get; set; } = Guid.NewGuid();

        public FormationRecord? Disk { get; set; }

        public FormationMachine Machine { get; set; } = null!;

        public SortedSet<NodeId> Known { get; } = [];

        /// <summary>Every disk this node ever had, oldest first.</summary>
        public List<Guid> Disks { get; } = [];

        /// <summary>Of other nodes: the newest disk that was heard here.</summary>
        public Dictionary<NodeId, int> NewestDisk { get; } = [];
    }
}
