using GoQueue.Broker;
using GoQueue.Broker.Controller;
using GoQueue.Broker.Registration;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Consensus;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Quorum;
using GoQueue.Replication;
using GoQueue.Simulation.Network;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Hosts;

/// <summary>How the nodes of one run are configured.</summary>
internal sealed record ClusterShape
{
    /// <summary>As agreed when the cluster was formed, before the run.</summary>
    public required Genesis Genesis { get; init; }

    public RaftOptions Raft { get; init; } = new();

    public ReplicationOptions Replication { get; init; } = new();

    public ControllerOptions Controller { get; init; } = new();
}

/// <summary>A whole node: metadata quorum, controller, partitions, replication; composed as the server does it.</summary>
internal sealed class ClusterBroker(NodeLaunch launch, ClusterShape shape) : INodeProgram
{
    private readonly ProcessMeters meters = new();
    private RaftMetadataLog? metadata;
    private BrokerNode? node;
    private ClusterMember? member;

    public bool IsServing => member is not null;

    public ITopicRequests Topics => node!.Topics;

    public IPartitionRequests Partitions => node!.Partitions;

    public IProducerRequests Producers => node!.Producers;

    public IClusterRequests Cluster => member!.Requests;

    public IMetadataQuorum? Quorum => metadata;

    public BrokerNode? Broker => node;

    public MetadataImage? Image => metadata?.Image;

    public async Task StartAsync()
    {
        ILogDirectory directory = launch.Data.Subdirectory("metadata");
        launch.Data.Sync();
        RaftEnvironment raftSide = new()
        {
            Node = launch.Host.Node,
            Incarnation = launch.Host.Incarnation,
            Loop = launch.Process.Turns,
            Background = launch.Process.Turns,
            Time = launch.Process.Time,
            Peers = launch.Hosts.Count > 1 ? launch.Peers : null,
            Seed = launch.Random.Below(int.MaxValue),
            Logger = new ProcessLogger(launch.Process),
            Meters = null,
        };
        metadata = RaftMetadataLog.Open(directory, shape.Genesis, shape.Raft, raftSide);
        BrokerEnvironment brokerSide = new()
        {
            Committers = launch.Process.Turns,
            Readers = launch.Process.Turns,
            Time = launch.Process.Time,
            NewId = launch.Random.NextGuid,
            Logger = new ProcessLogger(launch.Process),
            Metrics = new BrokerMetrics(meters),
            Peers = launch.Hosts.Count > 1 ? launch.Peers : null,
        };
        BrokerOptions options = new()
        {
            Node = launch.Host.Node,
            TailCacheBytesPerPartition = 1 << 20,
            MaintenanceInterval = TimeSpan.FromSeconds(2),
            Replication = shape.Replication,
        };
        node = await BrokerNode.OpenAsync(options, brokerSide, launch.Data, metadata);
        Endpoint here = new("sim", launch.Host.Index + 1);
        RegistrationOptions registration = new() { Incarnation = launch.Host.Incarnation, Endpoints = new BrokerEndpoints(here, here, here) };
        member = ClusterMember.Start(launch.Host.Node, registration, shape.Controller, brokerSide, launch.Data, metadata, metadata, launch.Peers);
        node.OnPartitionFailure(partition => _ = member.ReportFailureAsync(partition));
        launch.Peers.SetPeers([.. launch.Hosts.Select(host => SimulatedNetwork.AddressOf(host.Node, host.Index))]);
    }

    public async Task StopAsync()
    {
        await member!.HandOverAsync();
        await node!.CloseAsync();
        await member.CloseAsync(isEverythingFlushed: true);
        await metadata!.DisposeAsync();
    }

    public void Forget() => meters.Dispose();
}
