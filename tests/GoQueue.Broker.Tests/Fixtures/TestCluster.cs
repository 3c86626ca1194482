using System.Diagnostics.Metrics;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Storage.Directories;
using GoQueue.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>
/// Brokers with real threads and clocks over virtual disks and a network in memory. The metadata quorum is one log that all of them see; the test
/// decides what a controller would: fences, elections.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TopicId Topic = new(new Guid(9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));

    private readonly VirtualDisk metadataDisk = new();
    private readonly TurnThreads metadataLoop = new("metadata", 1);
    private readonly IMetadataLog metadata;
    private readonly SortedDictionary<NodeId, ClusterNode> nodes = [];
    private readonly Meters meters = new();

    public TestCluster(int count = 3, DeliberateBugs bugs = DeliberateBugs.None, Func<BrokerOptions, BrokerOptions>? configure = null)
    {
        Bugs = bugs;
        Configure = configure ?? (options => options);
        QuorumMember self = new(new NodeId("m1"), new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "localhost", 7000);
        RaftEnvironment environment = new()
        {
            Node = self.Node,
            Incarnation = self.Incarnation,
            Loop = metadataLoop,
            Background = metadataLoop,
            Time = TimeProvider.System,
            Peers = null,
            Seed = 1,
            Logger = NullLogger.Instance,
            Meters = null,
        };
        metadata = RaftMetadataLog.Open(metadataDisk.Root, new Genesis("test", [self], []), new RaftOptions(), environment);
        for (int index = 1; index <= count; index++)
        {
            NodeId node = new($"n{index}");
            nodes[node] = new ClusterNode(this, node, Network.Join(node));
        }
    }

    public MemoryNetwork Network { get; } = new();

    public DeliberateBugs Bugs { get; }

    public Func<BrokerOptions, BrokerOptions> Configure { get; }

    public IMetadataLog Metadata => metadata;

    public IMeterFactory MeterFactory => meters;

    public TopicPartition Partition { get; } = new(Topic, new PartitionIndex(0));

    public PartitionImage Image => metadata.Image.TryGetPartition(Partition, out PartitionImage? image) ? image : throw new InvalidOperationException("no partition");

    public ClusterNode this[string name] => nodes[new NodeId(name)];

    public ClusterNode Leader => nodes[Image.Leader!.Value];

    public static async Task<TestCluster> StartAsync(int count = 3, DeliberateBugs bugs = DeliberateBugs.None, Func<BrokerOptions, BrokerOptions>? configure = null)
    {
        TestCluster cluster = new(count, bugs, configure);
        foreach (ClusterNode node in cluster.nodes.Values)
        {
            await node.StartAsync();
        }

        return cluster;
    }

    public async Task CreateAsync(TopicSettings? settings = null, int partitions = 1, params string[] replicas)
    {
        NodeList list = NodeList.From((replicas.Length == 0 ? ["n1", "n2", "n3"] : replicas).Select(name => new NodeId(name)));
        IReadOnlyList<PartitionImage> layout = [.. Enumerable.Range(0, partitions).Select(index => PartitionImage.New(new PartitionIndex(index), HashRange.Equal(index, partitions), list))];
        TopicSettings chosen = (settings ?? TopicSettings.Default) with { ReplicationFactor = list.Count, MinInSyncReplicas = settings?.MinInSyncReplicas > 1 ? settings.MinInSyncReplicas : Math.Min(2, list.Count) };
        await DecideAsync(new CreateTopicCommand(Topic, "orders", chosen, layout, Batches.Time));
        await Eventually.TrueAsync(() => Leader.Offsets(Partition).IsOk, "the leader knows the end of the new partition");
    }

    public async Task<MetadataOutcome> DecideAsync(MetadataCommand command)
    {
        Result<MetadataOutcome> result = await metadata.ProposeAsync(command, CancellationToken.None);
        Assert.True(result.IsOk, result.Error.ToString());
        Assert.False(result.Value.IsRefused, result.Value.Error?.ToString());
        return result.Value;
    }

    /// <summary>What the controller does about a lost broker: fence it, take it out of the in-sync set, let another member lead.</summary>
    public async Task FenceAsync(string name)
    {
        NodeId node = new(name);
        await DecideAsync(new AlterBrokerCommand(node, BrokerOf(node).Epoch, BrokerChange.Fence));
        PartitionImage image = Image;
        NodeList inSync = image.InSync.Without(node);
        NodeId? leader = image.Leader == node ? inSync[0] : image.Leader;
        await AlterAsync(image, leader, inSync.Count == 0 ? image.InSync : inSync);
    }

    public Task ElectAsync(string name, ElectionKind kind = ElectionKind.Clean)
    {
        NodeId node = new(name);
        PartitionImage image = Image;
        return AlterAsync(image, node, kind == ElectionKind.Clean ? image.InSync : NodeList.Of(node), kind);
    }

    public BrokerImage BrokerOf(NodeId node) => metadata.Image.TryGetBroker(node, out BrokerImage? broker) ? broker : throw new InvalidOperationException($"{node} is not registered");

    public Task InSyncAsync(params string[] names) => Eventually.TrueAsync(
        () => Image.InSync.Select(node => node.Value).Order(StringComparer.Ordinal).SequenceEqual(names), $"the in-sync set is {string.Join(',', names)}");

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterNode node in nodes.Values)
        {
            await node.StopAsync();
        }

        await metadata.DisposeAsync();
        metadataLoop.Dispose();
        meters.Dispose();
    }

    private Task AlterAsync(PartitionImage image, NodeId? leader, NodeList inSync, ElectionKind kind = ElectionKind.Clean) => DecideAsync(new AlterPartitionsCommand(
        [new PartitionChange { Partition = Partition, Expected = image.PartitionEpoch, Leader = leader, InSync = inSync, Election = kind }]));

    private sealed class Meters : IMeterFactory
    {
        private readonly List<Meter> made = [];

        public Meter Create(MeterOptions options)
        {
            lock (made)
            {
                Meter meter = new(options);
                made.Add(meter);
                return meter;
            }
        }

        public void Dispose() => made.ForEach(meter => meter.Dispose());
    }
}

/// <summary>One broker of a <see cref="TestCluster"/>, over its disk, through its lives.</summary>
internal sealed class ClusterNode(TestCluster cluster, NodeId id, MemoryPeers peers)
{
    private BrokerNode? node;
    private TurnThreads? committers;
    private TurnThreads? readers;
    private BrokerMetrics? metrics;
    private BrokerEpoch lastClean;

    public NodeId Id { get; } = id;

    public VirtualDisk Disk { get; private set; } = new(id.Value[1]);

    public MemoryPeers Peers { get; } = peers;

    public BrokerNode Broker => node!;

    /// <summary>What this node sees of the metadata.</summary>
    public CutMetadata Metadata { get; } = new(cluster.Metadata);

    public Result<PartitionOffsets> Offsets(TopicPartition partition) => Broker.Partitions.OffsetsAsync(partition, CancellationToken.None).AsTask().Result;

    /// <summary>A process on an empty disk that has the metadata and is not registered yet.</summary>
    public Task StartOnEmptyDiskAsync()
    {
        Disk = new VirtualDisk();
        return StartAsync(registers: false);
    }

    public async Task StartAsync(bool registers = true)
    {
        committers = new TurnThreads($"commit-{Id}", 2);
        readers = new TurnThreads($"read-{Id}", 1);
        metrics = new BrokerMetrics(cluster.MeterFactory);
        RegisteredEpoch registration = new();
        BrokerEnvironment environment = new()
        {
            Committers = committers,
            Readers = readers,
            Time = TimeProvider.System,
            NewId = Guid.NewGuid,
            Logger = NullLogger.Instance,
            Metrics = metrics,
            Peers = Peers,
            Registration = registration,
            Quorum = Metadata,
        };
        BrokerOptions options = new() { Node = Id, Replication = new ReplicationOptions { Replica = new ReplicaOptions { MaxLag = TimeSpan.FromMinutes(1), Bugs = cluster.Bugs }, TickInterval = TimeSpan.FromMilliseconds(50) } };
        node = await BrokerNode.OpenAsync(cluster.Configure(options), environment, Disk.Root, Metadata);
        cluster.Network.Mend(Id);
        if (!registers)
        {
            return;
        }

        Endpoint none = new("none", 0);
        MetadataOutcome registered = await cluster.DecideAsync(new RegisterBrokerCommand(Id, new Guid(Id.Value[1], 0, 0, 0, 0, 0, 0, 0, 0, 0, 7), new BrokerEndpoints(none, none, none), null, lastClean));
        BrokerEpoch epoch = Assert.IsType<MetadataOutcome.BrokerRegistered>(registered).Broker.Epoch;
        registration.Value = epoch;
        await cluster.DecideAsync(new AlterBrokerCommand(Id, epoch, BrokerChange.Unfence));
        lastClean = BrokerEpoch.None;
    }

    /// <summary>A clean stop; its marker vouches for the registration.</summary>
    public async Task StopAsync()
    {
        if (node is null)
        {
            return;
        }

        lastClean = cluster.BrokerOf(Id).Epoch;
        await node.CloseAsync();
        Free();
    }

    /// <summary>As by SIGKILL and loss of power: the network knows it no more, and what was not flushed is gone.</summary>
    public async Task CrashAsync()
    {
        cluster.Network.Cut(Id);
        Disk.Crash(CrashMode.Tear);
        BrokerNode gone = node!;
        node = null;
        try
        {
            await gone.CloseAsync(); // ends its tasks; its disk is no longer the one it knew, so nothing it does now counts
        }
        catch (Exception crashed) when (crashed is IOException or VirtualCrashException)
        {
            // it crashed
        }

        Free();
    }

    public async Task<PublishReceipt> PublishAsync(SharedBuffer batch, Acks acks = Acks.All) => await Broker.Partitions.PublishAsync(new PublishRequest(cluster.Partition, batch, acks));

    /// <summary>Everything there is to read here. A follower serves once it knows that it is in sync and its log is not being cut; that is waited for.</summary>
    public async Task<List<string>> ReadAllAsync(bool fromFollower = false)
    {
        List<string> records = [];
        Offset next = Offset.Zero;
        while (true)
        {
            using FetchResult result = await FetchAsync(next, fromFollower);
            Assert.True(result.IsOk, result.Error.ToString());
            if (result.Slices.Count == 0)
            {
                return records;
            }

            records.AddRange(Batches.Read(result.Slices));
            next = result.NextOffset;
        }
    }

    private async Task<FetchResult> FetchAsync(Offset from, bool fromFollower)
    {
        FetchResult result = null!;
        await Eventually.TrueAsync(
            async () =>
            {
                FetchRequest request = new(cluster.Partition, from, 1 << 20, TimeSpan.Zero) { MayReadFromFollower = fromFollower };
                result = await Broker.Partitions.FetchAsync(request, CancellationToken.None);
                return !fromFollower || result.Error.Code is not (ErrorCode.NotLeader or ErrorCode.OffsetNotAvailable);
            },
            $"{Id} serves readers");
        return result;
    }

    private void Free()
    {
        node = null;
        committers?.Dispose();
        readers?.Dispose();
        metrics?.Dispose();
    }
}
