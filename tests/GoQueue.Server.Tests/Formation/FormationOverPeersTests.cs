using System.Collections.Concurrent;
using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;
using GoQueue.Server.Peers.Protocol;
using GoQueue.Server.Tests.Peers;
using GoQueue.Storage.Directories;
using GoQueue.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Server.Tests.Formation;

/// <summary>Formation with its driver, on real connections and real files.</summary>
public sealed class FormationOverPeersTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Nodes_found_by_a_name_form_one_cluster_although_one_of_them_resolves_late()
    {
        await using PeerNodes nodes = new();
        Name name = new();
        Node[] three = [await NodeAsync(nodes, name, "n1"), await NodeAsync(nodes, name, "n2"), await NodeAsync(nodes, name, "n3")];
        name.Add(three[1]);
        name.Add(three[2]);
        Task<FormationRecord>[] running = [.. three.Select(node => node.Formation.RunAsync(CancellationToken.None))];
        await Eventually.TrueAsync(() => three[1].Formation.Known.Count == 2, "two of three are found");
        Assert.All(running, run => Assert.False(run.IsCompleted));

        name.Add(three[0]); // the one that coordinates comes last
        FormationRecord[] records = await Task.WhenAll(running);
        Assert.Single(records.Select(record => record.Proposal.Id).Distinct());
        Assert.All(records, record => Assert.Equal(FormationStage.Formed, record.Stage));
        Assert.Equal(three.Select(node => node.Transport.Self), records[0].Genesis.Voters.Select(member => member.Node));
        Assert.Equal(three.Select(node => node.Transport.Endpoint.Port), records[0].Genesis.Voters.Select(member => member.Port));

        Node fourth = await NodeAsync(nodes, name, "n0"); // the lowest of all, and too late
        name.Add(fourth);
        FormationRecord late = await fourth.Formation.RunAsync(CancellationToken.None);
        Assert.Equal((FormationStage.Joining, records[0].Genesis.ClusterId), (late.Stage, late.Genesis.ClusterId));
    }

    [Fact]
    public async Task A_node_that_is_started_again_knows_its_cluster_at_once()
    {
        await using PeerNodes nodes = new();
        Name name = new();
        Node[] two = [await NodeAsync(nodes, name, "n1", expected: 2), await NodeAsync(nodes, name, "n2", expected: 2)];
        Array.ForEach(two, name.Add);
        FormationRecord[] records = await Task.WhenAll(two.Select(node => node.Formation.RunAsync(CancellationToken.None)));
        ClusterFormation again = new(two[0].Options, two[0].Environment with { Transport = await nodes.StartAsync("n1", two[0].Options.Incarnation) }, two[0].Directory);
        Assert.Equal(records[0], await again.RunAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_disk_that_takes_no_record_ends_formation_and_the_others_do_not_count_on_it()
    {
        await using PeerNodes nodes = new();
        Name name = new();
        VirtualDisk full = new();
        Node[] two = [await NodeAsync(nodes, name, "n1", expected: 2), await NodeAsync(nodes, name, "n2", expected: 2, full.Root)];
        full.Capacity = 0;
        Array.ForEach(two, name.Add);
        using CancellationTokenSource stopping = new();
        Task<FormationRecord> good = two[0].Formation.RunAsync(stopping.Token);
        await Assert.ThrowsAnyAsync<IOException>(() => two[1].Formation.RunAsync(stopping.Token));
        Assert.Null(two[1].Formation.Record);
        Assert.False(good.IsCompleted);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => good);
    }

    private async Task<Node> NodeAsync(PeerNodes nodes, Name name, string id, int expected = 3, ILogDirectory? directory = null)
    {
        Guid incarnation = Guid.NewGuid();
        PeerTransport transport = await nodes.StartAsync(id, incarnation);
        FormationOptions options = new() { Self = transport.Self, Incarnation = incarnation, ExpectedNodes = expected };
        FormationEnvironment environment = new()
        {
            Transport = transport,
            Finder = new Finder(name, transport),
            Time = TimeProvider.System,
            NewId = Guid.NewGuid,
            Logger = NullLogger.Instance,
        };
        ILogDirectory disk = directory ?? new PhysicalLogDirectory(Path.Combine(folder.Path, id));
        return new Node(transport, options, environment, disk, new ClusterFormation(options, environment, disk));
    }

    private sealed record Node(PeerTransport Transport, FormationOptions Options, FormationEnvironment Environment, ILogDirectory Directory, ClusterFormation Formation);

    /// <summary>Who is found under the name by now.</summary>
    private sealed class Name
    {
        private readonly ConcurrentQueue<int> ports = new();

        public IReadOnlyCollection<int> Ports => ports;

        public void Add(Node node) => ports.Enqueue(node.Transport.Endpoint.Port);
    }

    private sealed class Finder(Name name, PeerTransport transport) : IPeerFinder
    {
        public async ValueTask<IReadOnlyList<PeerAddress>> FindAsync(CancellationToken cancellationToken)
        {
            List<PeerAddress> found = [];
            foreach (int port in name.Ports)
            {
                if ((await transport.ProbeAsync("127.0.0.1", port, cancellationToken)).TryGet(out PeerIdentity? who, out _))
                {
                    found.Add(new PeerAddress(who.Node, "127.0.0.1", port));
                }
            }

            return found;
        }
    }
}
