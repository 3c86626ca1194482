using GoQueue.Broker;
using GoQueue.Broker.Requests;
using GoQueue.Consensus.SingleNode;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Simulation.Hosts;

/// <summary>A broker that is a cluster by itself.</summary>
internal sealed class LoneBroker(NodeLaunch launch) : INodeProgram
{
    private readonly ProcessMeters meters = new();
    private SingleNodeMetadataLog? metadata;
    private BrokerNode? node;

    public bool IsServing => node is not null;

    public ITopicRequests Topics => node!.Topics;

    public IPartitionRequests Partitions => node!.Partitions;

    public IProducerRequests Producers => node!.Producers;

    public async Task StartAsync()
    {
        ILogDirectory directory = launch.Data.Subdirectory("metadata");
        launch.Data.Sync();
        MetadataLogEnvironment metadataSide = new() { Loop = launch.Process.Turns, Time = launch.Process.Time, Logger = NullLogger.Instance };
        metadata = SingleNodeMetadataLog.Open(directory, new SingleNodeMetadataLogOptions { SnapshotEveryCommands = 5 }, metadataSide);
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
