using System.Diagnostics.Metrics;
using System.Net;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Peers;
using GoQueue.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Server.Tests.Forwarding;

/// <summary>
/// Three nodes with real connections between them and a list in memory for each partition. The metadata is the real fold; each node sees of it what
/// the test shows it.
/// </summary>
internal sealed class ForwardingWorld : IAsyncDisposable
{
    public static readonly NodeId[] Names = [new("n1"), new("n2"), new("n3")];
    public static readonly TopicPartition Partition = new(new TopicId(new Guid(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), new PartitionIndex(0));

    private readonly MetadataState state = new();
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private long position;

    private ForwardingWorld(ForwardingOptions options)
    {
        ForwardingMetrics metrics = new(services.GetRequiredService<IMeterFactory>());
        Nodes = [.. Names.Select(name => new ForwardingNode(name, options, metrics))];
    }

    public IReadOnlyList<ForwardingNode> Nodes { get; }

    public ForwardingNode this[NodeId node] => Nodes.Single(each => each.Id == node);

    public MetadataImage Image => state.Image;

    /// <summary>n1 leads.</summary>
    public static async Task<ForwardingWorld> StartAsync(ForwardingOptions? options = null)
    {
        ForwardingWorld world = new(options ?? new ForwardingOptions());
        foreach (ForwardingNode node in world.Nodes)
        {
            await node.Peers.StartAsync(CancellationToken.None);
        }

        foreach (NodeId name in Names)
        {
            BrokerEndpoints endpoints = new(new Endpoint("127.0.0.1", 7000), new Endpoint("127.0.0.1", 8080), new Endpoint($"{name}.test", 9000));
            MetadataOutcome registered = world.Apply(new RegisterBrokerCommand(name, Guid.NewGuid(), endpoints, null, BrokerEpoch.None));
            world.Apply(new AlterBrokerCommand(name, Assert.IsType<MetadataOutcome.BrokerRegistered>(registered).Broker.Epoch, BrokerChange.Unfence));
        }

        world.Apply(new CreateTopicCommand(Partition.Topic, "orders", new TopicSettings { ReplicationFactor = 3 }, PartitionLayout.Equal([NodeList.Of(Names)]), new UnixMillis(0)));
        world.ShowAll();
        PeerAddress[] addresses = [.. world.Nodes.Select(node => new PeerAddress(node.Id, "127.0.0.1", node.Peers.Endpoint.Port))];
        foreach (ForwardingNode node in world.Nodes)
        {
            node.Peers.SetPeers(addresses);
        }

        foreach (ForwardingNode node in world.Nodes)
        {
            await Eventually.TrueAsync(() => node.LinksUp == Names.Length - 1, $"{node.Id} is linked");
        }

        return world;
    }

    /// <summary>Decides another leader; nobody sees it yet.</summary>
    public void Elect(NodeId? leader)
    {
        state.Image.TryGetPartition(Partition, out PartitionImage? now);
        PartitionChange change = new() { Partition = Partition, Expected = now!.PartitionEpoch, Leader = leader, InSync = now.InSync };
        Assert.Empty(Assert.IsType<MetadataOutcome.PartitionsAltered>(Apply(new AlterPartitionsCommand([change]))).Refusals);
    }

    public void ShowAll()
    {
        foreach (ForwardingNode node in Nodes)
        {
            node.Metadata.Show(state.Image);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ForwardingNode node in Nodes)
        {
            node.Here.Release();
            await node.Peers.DisposeAsync();
        }

        await services.DisposeAsync();
    }

    private MetadataOutcome Apply(MetadataCommand command)
    {
        MetadataOutcome outcome = state.Apply(command, position++);
        Assert.False(outcome.IsRefused, outcome.Error?.Detail);
        return outcome;
    }
}

/// <summary>One node: its connections, its view of the metadata, its partition and the routes over them.</summary>
internal sealed class ForwardingNode
{
    private int linksUp;

    public ForwardingNode(NodeId id, ForwardingOptions options, ForwardingMetrics metrics)
    {
        Id = id;
        Peers = new PeerTransport(
            new PeerTransportOptions { Self = id, Incarnation = Guid.NewGuid(), Listen = new IPEndPoint(IPAddress.Loopback, 0), ClusterId = "forwarding", SilenceTimeout = TimeSpan.FromSeconds(30) /* links end here because a test ends them */ },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        Peers.OnLinkChange(change => Interlocked.Add(ref linksUp, change.State == PeerLinkState.Up ? 1 : 0));
        Here = new LedPartition(this);
        ForwardedRequests.Serve(Peers, Here, Metadata, options, TimeProvider.System, metrics);
        Routes = new PartitionRouter(id, Here, Metadata, new LeaderCalls(Peers, options, TimeProvider.System, metrics), options, TimeProvider.System, metrics);
    }

    public NodeId Id { get; }

    public PeerTransport Peers { get; }

    public ShownMetadata Metadata { get; } = new();

    public LedPartition Here { get; }

    public PartitionRouter Routes { get; }

    public int LinksUp => Volatile.Read(ref linksUp);
}
