using System.Globalization;
using GoQueue.Chaos.Disks;
using GoQueue.Chaos.Machine;
using GoQueue.Chaos.Networks;
using GoQueue.Chaos.Runs;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// Makes the ground that the faults of a trial need (networks, disks, control groups, clocks) and a cluster on it, and takes everything away again, in the reverse order,
/// whatever happened in between.
/// </summary>
internal sealed class TestBedMaker(string bin, string folder, RunName name, Needs needs, string clockLibrary) : ITestBedMaker
{
    private const int DiskMebibytes = 384;
    private static readonly NodePorts InsidePorts = new(8080, 9000, 9090, 7000);

    private readonly List<LoopDisk> disks = [];
    private readonly List<ControlGroup> groups = [];
    private PrivateNetwork? network;
    private Cuts? cuts;
    private Cluster? cluster;

    /// <summary>Data, disks and clocks; goes at the end. Its name tells a later run whose it is.</summary>
    private string Scratch => Path.Combine(folder, name.ToString());

    public async Task<TestBed> MakeAsync(int count, string damagedNode, string topic, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Scratch);
        if (needs.HasFlag(Needs.Network))
        {
            network = await PrivateNetwork.CreateAsync(name);
            cuts = new Cuts(network);
        }

        // The cluster id carries the name of the run: so do the command lines of its servers.
        cluster = Cluster.Empty(bin, Scratch, name.ToString(), reusesConnections: false);
        List<Ground> grounds = [];
        for (int number = 1; number <= count; number++)
        {
            Ground ground = await MakeGroundAsync($"n{number.ToString(CultureInfo.InvariantCulture)}");
            grounds.Add(ground);
            cluster.Add(ground.Node);
        }

        await cluster.FormAsync([], cancellationToken);
        int next = count + 1;
        return new TestBed(cluster, network, cuts, grounds, damagedNode, topic)
        {
            AddNodeAsync = async stop =>
            {
                Ground ground = await MakeGroundAsync($"n{next++.ToString(CultureInfo.InvariantCulture)}");
                Node node = ground.Node;
                cluster.Add(node);
                node.Arguments = ["--peers", cluster.Peers([.. grounds.Select(other => other.Node), node]), "--cluster-id", cluster.Id, .. node.Arguments];
                await node.StartAsync(stop);
                return node;
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null)
        {
            await cluster.DisposeAsync(); // the processes first, then what they stand on
        }

        foreach (LoopDisk disk in disks)
        {
            await disk.DisposeAsync();
        }

        foreach (ControlGroup group in groups)
        {
            await group.RemoveAsync();
        }

        cuts?.Dispose();
        if (network is not null)
        {
            await network.DisposeAsync();
        }

        TryDelete(Scratch);
    }

    private static void TryDelete(string scratch)
    {
        try
        {
            if (Directory.Exists(scratch))
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
        catch (IOException)
        {
            // Something in it is still mounted; the next run looks after it.
        }
    }

    private async Task<Ground> MakeGroundAsync(string id)
    {
        List<string> through = [];
        NodePorts ports = NodePortsOf(await AddressAsync(id));
        if (network is not null)
        {
            await cuts!.PrepareAsync(id, ports.Peer);
            through.AddRange(network.Into(id));
        }

        ControlGroup? group = null;
        if (needs.HasFlag(Needs.Groups))
        {
            group = ControlGroup.Create(name.Group(id));
            groups.Add(group);
            through.AddRange(group.Into());
        }

        LoopDisk? disk = null;
        if (needs.HasFlag(Needs.Disk))
        {
            disk = await LoopDisk.CreateAsync(Path.Combine(Scratch, $"{id}.img"), Path.Combine(Scratch, id), DiskMebibytes);
            disks.Add(disk);
        }

        string? clock = null;
        if (needs.HasFlag(Needs.Clock))
        {
            clock = Path.Combine(Scratch, $"{id}.clock");
            ClockFault.Prepare(clock);
        }

        string data = Path.Combine(disk?.Folder ?? Path.Combine(Scratch, id), "data");
        Node node = new(id, ports, bin, data, Path.Combine(folder, $"{id}.log"))
        {
            Through = through,
            Arguments = ["--rack", id, .. Scrubs.Arguments],
            Variables = clock is null ? new Dictionary<string, string>() : ClockFault.Variables(clockLibrary, clock),
        };
        return new Ground(node, disk, group, clock);
    }

    private async Task<string?> AddressAsync(string id) => network is null ? null : await network.AddAsync(id);

    private static NodePorts NodePortsOf(string? address) => address is null ? NodePorts.Take() : InsidePorts with { Host = address };
}
