using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Grpc.Protocol;
using TopicSettings = GoQueue.Metadata.Topics.TopicSettings;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>What clients route by, over the real fold of the metadata.</summary>
public sealed class GrpcMetadataTests
{
    private readonly MetadataState state = new();
    private long position;

    [Fact]
    public async Task Nodes_and_leaders_of_the_topics_asked_for()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        Register("n1");
        Register("n2");
        TopicPartition orders = Create("orders", "n2");
        Create("other", "n1");
        host.Metadata.Show(state.Image);

        GetMetadataResponse all = await AskAsync(host, 0, 0, "orders", "nowhere");
        Assert.Equal(("n1", state.Image.Version), (all.Node, all.Version));
        Assert.Equal(["n1.test:9000", "n2.test:9000"], all.Nodes.Select(node => node.Endpoint));
        Assert.All(all.Nodes, node => Assert.True(node.Available));
        Topic topic = Assert.Single(all.Topics);
        Assert.Equal(("orders", orders.Topic.ToString(), "n2", 0), (topic.Name, topic.Id, topic.Partitions[0].Leader, topic.Partitions[0].LeaderEpoch));
        Assert.Equal(["nowhere"], all.UnknownTopics);

        GetMetadataResponse nothing = await AskAsync(host, all.Version, 0, "orders");
        Assert.Empty(nothing.Topics);
        Assert.Equal(2, nothing.Nodes.Count);
    }

    [Fact]
    public async Task A_long_poll_is_answered_by_a_change_of_what_was_asked_for_and_by_nothing_else()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        Register("n1");
        Register("n2");
        TopicPartition orders = Create("orders", "n1", "n2");
        TopicPartition other = Create("other", "n1", "n2");
        host.Metadata.Show(state.Image);
        long known = state.Image.Version;

        Task<GetMetadataResponse> waiting = AskAsync(host, known, 20_000, "orders");
        Elect(other, "n2");
        host.Metadata.Show(state.Image);
        await Task.Delay(TimeSpan.FromMilliseconds(50));
        Assert.False(waiting.IsCompleted);
        Elect(orders, "n2");
        host.Metadata.Show(state.Image);
        GetMetadataResponse changed = await waiting;
        Assert.Equal("n2", Assert.Single(changed.Topics).Partitions[0].Leader);
        Assert.Equal(1, changed.Topics[0].Partitions[0].LeaderEpoch);

        // A new node is news, too; and a caller that has seen more than this node is not shown the past.
        waiting = AskAsync(host, changed.Version, 20_000, "orders");
        Register("n3");
        host.Metadata.Show(state.Image);
        Assert.Equal(3, (await waiting).Nodes.Count);
        Assert.Empty((await AskAsync(host, state.Image.Version + 100, 100, "orders")).Topics);
    }

    [Fact]
    public async Task A_wait_ends_when_its_time_is_over_and_when_the_node_stops()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        Register("n1");
        host.Metadata.Show(state.Image);
        Assert.Equal(state.Image.Version, (await AskAsync(host, state.Image.Version, 50)).Version);
        Task<GrpcAnswer> waiting = host.Client.CallAsync(GrpcWireClient.Service + "GetMetadata", new GetMetadataRequest { KnownVersion = state.Image.Version, WaitMs = 20_000 });
        await Task.Delay(TimeSpan.FromMilliseconds(50));
        Task stopping = host.StopAsync();
        Assert.Equal((GrpcStatusCode.Unavailable, "SHUTTING_DOWN"), ((await waiting).Status, (await waiting).ErrorName));
        await stopping;
    }

    [Fact]
    public async Task Numbers_that_make_no_sense_are_refused()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        foreach (GetMetadataRequest request in (GetMetadataRequest[])[new() { KnownVersion = -1 }, new() { WaitMs = -1 }])
        {
            Assert.Equal("INVALID_ARGUMENT", (await host.Client.CallAsync(GrpcWireClient.Service + "GetMetadata", request)).ErrorName);
        }
    }

    private static Task<GetMetadataResponse> AskAsync(GrpcHost host, long known, int waitMs, params string[] topics) =>
        host.Client.UnaryAsync<GetMetadataResponse>("GetMetadata", new GetMetadataRequest { KnownVersion = known, WaitMs = waitMs, Topics = { topics } });

    private void Register(string name)
    {
        BrokerEndpoints endpoints = new(new Endpoint("127.0.0.1", 7000), new Endpoint("127.0.0.1", 8080), new Endpoint($"{name}.test", 9000));
        MetadataOutcome registered = Apply(new RegisterBrokerCommand(new NodeId(name), Guid.NewGuid(), endpoints, null, BrokerEpoch.None));
        Apply(new AlterBrokerCommand(new NodeId(name), Assert.IsType<MetadataOutcome.BrokerRegistered>(registered).Broker.Epoch, BrokerChange.Unfence));
    }

    private TopicPartition Create(string name, params string[] replicas)
    {
        TopicId id = new(Guid.NewGuid());
        NodeList nodes = NodeList.Of([.. replicas.Select(node => new NodeId(node))]);
        Apply(new CreateTopicCommand(id, name, new TopicSettings { ReplicationFactor = replicas.Length }, PartitionLayout.Equal([nodes]), new UnixMillis(0)));
        return new TopicPartition(id, new PartitionIndex(0));
    }

    private void Elect(TopicPartition partition, string leader)
    {
        state.Image.TryGetPartition(partition, out PartitionImage? now);
        PartitionChange change = new() { Partition = partition, Expected = now!.PartitionEpoch, Leader = new NodeId(leader), InSync = now.InSync };
        Assert.Empty(Assert.IsType<MetadataOutcome.PartitionsAltered>(Apply(new AlterPartitionsCommand([change]))).Refusals);
    }

    private MetadataOutcome Apply(MetadataCommand command)
    {
        MetadataOutcome outcome = state.Apply(command, position++);
        Assert.False(outcome.IsRefused, outcome.Error?.Detail);
        return outcome;
    }
}
