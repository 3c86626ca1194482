using System.Collections.Concurrent;
using GoQueue.Chaos.Clients;
using GoQueue.Chaos.Disks;
using GoQueue.Chaos.Machine;
using GoQueue.Chaos.Networks;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>What one node stands on, as far as this machine and the run have it.</summary>
internal sealed record Ground(Node Node, LoopDisk? Disk, ControlGroup? Group, string? ClockFile);

/// <summary>The cluster that faults happen to, with everything it stands on.</summary>
internal sealed class TestBed(Cluster cluster, PrivateNetwork? network, Cuts? cuts, IReadOnlyList<Ground> grounds, string damagedNode, string topic)
{
    private readonly ConcurrentQueue<string> notes = new();
    private readonly ConcurrentDictionary<string, byte> damagedFiles = new(StringComparer.Ordinal);
    private readonly HashSet<string> taken = [];
    private readonly Lock gate = new();

    public Cluster Cluster => cluster;

    public PrivateNetwork Network => network ?? throw new HarnessException("this run has no network of its own");

    public Cuts Cuts => cuts ?? throw new HarnessException("this run has no network of its own");

    /// <summary>Nodes that belong to the cluster from its start on, in the order of their names.</summary>
    public IReadOnlyList<Ground> Grounds => grounds;

    /// <summary>The topic under load.</summary>
    public string Topic => topic;

    /// <summary>The only node whose files are ever damaged in this run: never the same partition on a majority.</summary>
    public string DamagedNode => damagedNode;

    /// <summary>Starts a further node; set by whoever made the bed.</summary>
    public required Func<CancellationToken, Task<Node>> AddNodeAsync { get; init; }

    /// <summary>The clients that have a process of their own.</summary>
    public IReadOnlyList<ClientHost> Clients { get; set; } = [];

    /// <summary>A fault took a node that did not run any more: it ended by itself a moment ago. Set by whoever makes the faults; starts it again.</summary>
    public Action<Node> FoundDown { get; set; } = static node => node.Launch();

    /// <summary>A fault of the damaged node happens beside others: those that take several nodes leave it that one, if they can.</summary>
    public bool SparesDamagedNode { get; set; }

    /// <summary>What was noted so far.</summary>
    public IReadOnlyList<string> Notes => [.. notes];

    public Ground this[string node] => grounds.First(ground => ground.Node.Id == node);

    /// <summary>Files of this node were damaged on purpose.</summary>
    public void Damaged(string node) => damagedFiles.TryAdd(node, 0);

    /// <summary>Whether they were: what its files lack later is then no wonder.</summary>
    public bool WasDamaged(string node) => damagedFiles.ContainsKey(node);

    /// <summary>Something that belongs into the record of the run.</summary>
    public void Note(string what) => notes.Enqueue(what);

    /// <summary>So many nodes that no other fault has, drawn by <paramref name="random"/>; they are this fault's until <see cref="Release"/>.</summary>
    /// <exception cref="NothingLeftException">There are not so many.</exception>
    public IReadOnlyList<Ground> Take(Random random, int count)
    {
        lock (gate)
        {
            Ground[] free = [.. grounds.Where(ground => !taken.Contains(ground.Node.Id))];
            // Drawn before looking what is free, so that the same seed draws the same whatever else goes on.
            string[] order = [.. grounds.Select(ground => ground.Node.Id)];
            random.Shuffle(order);
            if (free.Length < count)
            {
                throw new NothingLeftException($"{count} nodes are needed and {free.Length} are left by other faults");
            }

            Ground[] chosen =
            [
                .. order.Where(id => !taken.Contains(id)).OrderBy(id => SparesDamagedNode && count > 1 && id == damagedNode).Take(count).Select(id => this[id]),
            ];
            taken.UnionWith(chosen.Select(ground => ground.Node.Id));
            return chosen;
        }
    }

    /// <summary>This node.</summary>
    /// <exception cref="NothingLeftException">Another fault has it.</exception>
    public Ground Take(string node)
    {
        lock (gate)
        {
            return taken.Add(node) ? this[node] : throw new NothingLeftException($"another fault has {node}");
        }
    }

    public void Release(IEnumerable<Ground> nodes)
    {
        lock (gate)
        {
            taken.ExceptWith(nodes.Select(ground => ground.Node.Id));
        }
    }

    /// <summary>Whether a fault has this node now, so that it may be down.</summary>
    public bool IsTaken(string node)
    {
        lock (gate)
        {
            return taken.Contains(node);
        }
    }
}
