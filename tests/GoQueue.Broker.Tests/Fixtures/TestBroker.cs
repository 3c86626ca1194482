using System.Diagnostics.Metrics;
using GoQueue.Broker.Requests;
using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;
using GoQueue.Storage.Directories;
using GoQueue.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>A broker with its real metadata log over a virtual disk. Disposing it is a clean stop; leaving it out and crashing the disk is not.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly TestMeters meters = new();
    private readonly BrokerMetrics metrics;
    private readonly TurnThreads metadataLoop = new("metadata", 1);
    private readonly IMetadataLog metadata;
    private readonly BrokerNode node;
    private int ids = Environment.TickCount;

    private TestBroker(VirtualDisk disk, Func<BrokerOptions, BrokerOptions>? configure)
    {
        Disk = disk;
        metrics = new BrokerMetrics(meters);
        VirtualLogDirectory root = disk.Root;
        QuorumMember self = new(new NodeId("n1"), new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "localhost", 7000);
        RaftEnvironment environment = new()
        {
            Node = self.Node,
            Incarnation = self.Incarnation,
            Loop = metadataLoop,
            Background = metadataLoop,
            Time = Time,
            Peers = null,
            Seed = 1,
            Logger = NullLogger.Instance,
            Meters = null,
        };
        metadata = RaftMetadataLog.Open(root.Subdirectory("metadata"), new Genesis("test", [self], []), new RaftOptions(), environment);
        root.Sync();
        BrokerOptions options = new() { Node = new NodeId("n1") };
        node = BrokerNode.OpenAsync(configure?.Invoke(options) ?? options, BrokerSide(), root, metadata).GetAwaiter().GetResult();
    }

    public VirtualDisk Disk { get; }

    public ManualTime Time { get; } = new();

    public HeldScheduler Turns { get; } = new();

    public ITopicRequests Topics => node.Topics;

    public IPartitionRequests Partitions => node.Partitions;

    public IProducerRequests Producers => node.Producers;

    public static TestBroker Open(VirtualDisk? disk = null, Func<BrokerOptions, BrokerOptions>? configure = null) => new(disk ?? new VirtualDisk(), configure);

    /// <summary>The first partition of a fresh topic.</summary>
    public async Task<TopicPartition> CreateAsync(string name, TopicSettingsPatch? settings = null, int partitions = 1)
    {
        Result<TopicImage> created = await Topics.CreateAsync(new CreateTopic(name, partitions, settings ?? TopicSettingsPatch.Nothing), CancellationToken.None);
        Assert.True(created.IsOk, created.Error.ToString());
        return new TopicPartition(created.Value.Id, new PartitionIndex(0));
    }

    public async Task<PublishReceipt> PublishAsync(TopicPartition partition, SharedBuffer batch, Acks acks = Acks.All) =>
        await Partitions.PublishAsync(new PublishRequest(partition, batch, acks));

    public async Task<PartitionOffsets> OffsetsAsync(TopicPartition partition) => (await Partitions.OffsetsAsync(partition, CancellationToken.None)).Value;

    public async Task<List<string>> ReadAllAsync(TopicPartition partition, long from = 0)
    {
        List<string> records = [];
        Offset next = new(from);
        while (true)
        {
            using FetchResult result = await Partitions.FetchAsync(new FetchRequest(partition, next, 1 << 20, TimeSpan.Zero), CancellationToken.None);
            Assert.True(result.IsOk, result.Error.ToString());
            if (result.Slices.Count == 0)
            {
                return records;
            }

            records.AddRange(Batches.Read(result.Slices));
            next = result.NextOffset;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await node.CloseAsync();
        await metadata.DisposeAsync();
        metadataLoop.Dispose();
        metrics.Dispose();
        meters.Dispose();
    }

    private BrokerEnvironment BrokerSide() => new()
    {
        Committers = Turns,
        Readers = new HeldScheduler(),
        Time = Time,
        NewId = () => new Guid(++ids, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        Logger = NullLogger.Instance,
        Metrics = metrics,
    };

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
