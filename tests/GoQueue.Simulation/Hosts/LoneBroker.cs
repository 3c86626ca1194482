using GoQueue.Broker;
using GoQueue.Broker.Requests;
using GoQueue.Consensus;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Simulation.Hosts;

/// <summary>A broker that is a cluster by itself.</summary>
internal sealed class LoneBroker(NodeLaunch launch) : INodeProgram
{
    private readonly ProcessMeters meters = new();
    private RaftMetadataLog? metadata;
    private BrokerNode? node;

    public bool IsServing => node is not null;

    public ITopicRequests Topics => node!.Topics;

    public IPartitionRequests Partitions => node!.Partitions;

    public IProducerRequests Producers => node!.Producers;

    public async Task StartAsync()
    {
        ILogDirectory directory = launch.Data.Subdirectory("metadata");
        launch.Data.Sync();
        QuorumMember self = new(launch.Host.Node, new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "localhost", 7000);
        RaftEnvironment metadataSide = new()
        {
            Node = self.Node,
            Incarnation = self.Incarnation,
            Loop = launch.Process.Turns,
            Background = launch.Process.Turns,
            Time = launch.Process.Time,
            Peers = null,
            Seed = 1,
            Logger = NullLogger.Instance,
            Meters = null,
        };
        metadata = RaftMetadataLog.Open(directory, new Genesis("simulated", [self], []), new RaftOptions { SnapshotEveryEntries = 5 }, metadataSide);
        BrokerEnvironment brokerSide = new()
        {
            Committers = launch.Process.Turns,
            Readers = launch.Process.Turns,
            Time = launch.Process.Time,
            NewId = launch.Random.NextGuid,
            Logger = NullLogger.Instance,
            Metrics = new BrokerMetrics(meters),
        };
        BrokerOptions options = new() { Node = launch.Host.Node, TailCacheBytesPerPartition = 1 << 20, MaintenanceInterval = TimeSpan.FromSeconds(2) };
        node = await BrokerNode.OpenAsync(options, brokerSide, launch.Data, metadata);
    }

    public async Task StopAsync()
    {
        if (node is not null)
        {
            await node.CloseAsync();
        }

        if (metadata is not null)
        {
            await metadata.DisposeAsync();
        }
    }

    public void Forget() => meters.Dispose();
}
