using System.Diagnostics.Metrics;
using GoQueue.Broker.Controller;
using GoQueue.Broker.Registration;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Topics;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Broker.Tests.Controller;

/// <summary>The members of a cluster n1, n2, ... with the production registration, controller and requests, over one shared metadata state.</summary>
internal sealed class TestMembers : IDisposable
{
    private readonly SortedDictionary<NodeId, Host> hosts = [];
    private readonly TestMeters meters = new();
    private int topics;

    private TestMembers()
    {
    }

    public PumpedContext Context { get; } = new();

    public SharedMetadata Metadata { get; } = new();

    public PeerSwitch Peers { get; } = new();

    public MetadataImage Image => Metadata.State.Image;

    /// <summary>So many nodes, all registered and unfenced, the first the controller.</summary>
    public static TestMembers Of(int count)
    {
        TestMembers members = new();
        members.Metadata.Lead(Node(1));
        for (int i = 1; i <= count; i++)
        {
            members.Start(i);
        }

        members.Until(() => members.Image.Brokers.Count(broker => !broker.IsFenced) == count, 2000, "all brokers are there");
        return members;
    }

    public static NodeId Node(int number) => new($"n{number}");

    public static NodeList Nodes(params int[] numbers) => NodeList.From(numbers.Select(Node));

    public Host this[int number] => hosts[Node(number)];

    public BrokerImage Broker(int number) => Image.TryGetBroker(Node(number), out BrokerImage? broker) ? broker : throw new ArgumentException("no such broker");

    public IClusterRequests Requests(int number) => this[number].Member.Requests;

    /// <summary>Starts the node, or starts it again on its disk, or on another.</summary>
    public void Start(int number, bool onOtherDisk = false)
    {
        NodeId node = Node(number);
        Host? before = hosts.GetValueOrDefault(node);
        VirtualDisk disk = before is null || onOtherDisk ? new VirtualDisk() : before.Disk;
        Guid incarnation = before is null || onOtherDisk ? new Guid(++topics, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9) : before.Incarnation;
        NodeMetadata metadata = Metadata.Join(node);
        PeerSwitch.Port port = Peers.Join(node, incarnation);
        RegistrationOptions options = new() { Incarnation = incarnation, Endpoints = new(new(node.Value, 7000), new(node.Value, 8080), new(node.Value, 9000)) };
        ClusterMember member = Context.Run(() => ClusterMember.Start(
            node, options, new ControllerOptions { PreferredLeaderInterval = TimeSpan.FromSeconds(5) }, Environment(), disk.Root, metadata, metadata, port));
        hosts[node] = new Host(disk, incarnation, metadata, port, member);
    }

    /// <summary>The process is gone; the others find the port closed when they look.</summary>
    public void Kill(int number, bool isNoticed)
    {
        this[number].Port.IsCutOff = true;
        this[number].Metadata.IsCutOff = true;
        if (isNoticed)
        {
            Peers.Tell(Node(number), PeerLinkState.Closed, PeerLinkState.Refused);
        }
    }

    /// <summary>As SIGTERM: hands over, closes, leaves the marker.</summary>
    public bool Stop(int number)
    {
        bool handedOver = Context.Await(async () =>
        {
            bool done = await this[number].Member.HandOverAsync();
            await this[number].Member.CloseAsync(isEverythingFlushed: true);
            return done;
        });
        Kill(number, isNoticed: true);
        return handedOver;
    }

    public TopicImage Create(NodeList replicas, int partitions = 1, int minInSync = 2, TopicFlushMode mode = TopicFlushMode.Flush)
    {
        TopicSettings settings = TopicSettings.Default with { ReplicationFactor = replicas.Count, MinInSyncReplicas = minInSync, FlushMode = mode };
        TopicId id = new(new Guid(++topics, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
        PartitionImage[] layout = [.. PartitionLayout.Equal([.. Enumerable.Repeat(replicas, partitions)])];
        MetadataOutcome outcome = Metadata.Decide(new CreateTopicCommand(id, $"topic-{topics}", settings, layout, new UnixMillis(1)));
        return Assert.IsType<MetadataOutcome.TopicCreated>(outcome).Topic;
    }

    public TopicImage Topic(TopicImage topic) => Image.TryGetTopic(topic.Id, out TopicImage? now) ? now : throw new ArgumentException("the topic is gone");

    /// <summary>The leader of each partition takes every replica that is there into the ISR, as replication would.</summary>
    public void CatchUp(TopicImage topic)
    {
        foreach (PartitionImage partition in Topic(topic).Partitions)
        {
            NodeList there = partition.Replicas.Where(node => Image.TryGetBroker(node, out BrokerImage? broker) && (broker.MayJoinInSync || partition.InSync.Contains(node)));
            MetadataOutcome outcome = Metadata.Decide(new AlterInSyncCommand(
                new TopicPartition(topic.Id, partition.Index), partition.Leader!.Value, partition.LeaderEpoch, partition.PartitionEpoch,
                [.. there.Select(node => new InSyncMember(node, Image.TryGetBroker(node, out BrokerImage? broker) ? broker.Epoch : default))]));
            Assert.False(outcome.IsRefused, outcome.Error?.ToString());
        }
    }

    public void Until(Func<bool> condition, int withinMillis, string what) => Context.Until(condition, TimeSpan.FromMilliseconds(withinMillis), what);

    public void Dispose() => meters.Dispose();

    private BrokerEnvironment Environment() => new()
    {
        Committers = new HeldScheduler(),
        Readers = new HeldScheduler(),
        Time = Context.Time,
        NewId = Guid.NewGuid,
        Logger = NullLogger.Instance,
        Metrics = new BrokerMetrics(meters),
    };

    internal sealed record Host(VirtualDisk Disk, Guid Incarnation, NodeMetadata Metadata, PeerSwitch.Port Port, ClusterMember Member);

    private sealed class TestMeters : IMeterFactory
    {
        private readonly List<Meter> meters = [];

        public Meter Create(MeterOptions options)
        {
            Meter meter = new(options);
            meters.Add(meter);
            return meter;
        }

        public void Dispose() => meters.ForEach(meter => meter.Dispose());
    }
}
