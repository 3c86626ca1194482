using GoQueue.Broker;
using GoQueue.Broker.Controller;
using GoQueue.Broker.Registration;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Consensus;
using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Quorum;
using GoQueue.PlantedFaults;
using GoQueue.Replication;
using GoQueue.Simulation.Network;
using GoQueue.Simulation.World;
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

    /// <summary>Small ones make logs roll, and followers that were away take segments whole.</summary>
    public int MaxSegmentBytes { get; init; } = 1 << 30;

    /// <summary>Planted between the metadata log and everything that uses it.</summary>
    public MetadataFault MetadataFault { get; init; }

    /// <summary>Between two looks for what may be removed or compacted.</summary>
    public TimeSpan MaintenanceInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What every node does wrong before its clients.</summary>
    public PlantedFault Fault { get; init; }
}

/// <summary>A whole node: metadata quorum, controller, partitions, replication; composed as the server does it.</summary>
internal sealed class ClusterBroker(NodeLaunch launch, ClusterShape shape) : INodeProgram
{
    private readonly ProcessMeters meters = new();
    private RaftMetadataLog? metadata;
    private IMetadataLog? used;
    private BrokerNode? node;
    private IPartitionRequests? partitions;
    private ClusterMember? member;

    public bool IsServing => member is not null;

    public ITopicRequests Topics => node!.Topics;

    public IPartitionRequests Partitions => partitions!;

    public IProducerRequests Producers => node!.Producers;

    public IClusterRequests Cluster => member!.Requests;

    public IMetadataQuorum? Quorum => metadata;

    /// <summary>Changes of the metadata that this node asked for and that are not decided yet.</summary>
    public int OpenProposals => metadata?.OpenProposals ?? 0;

    public BrokerNode? Broker => node;

    /// <summary>Under which this process is registered; none before.</summary>
    public BrokerEpoch Registration => member?.Epoch ?? BrokerEpoch.None;

    /// <summary>Where two nodes are to take themselves for a leader, that is to be seen by what they do, not by the images.</summary>
    public MetadataImage? Image => shape.MetadataFault == MetadataFault.SecondLeader ? metadata?.Image : used?.Image;

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
        used = shape.MetadataFault == MetadataFault.None ? metadata : new FaultyMetadata(metadata, shape.MetadataFault, launch.Host.Node);
        ClusterJoining.Serve(launch.Peers, metadata, raftSide.Logger);
        launch.Peers.SetPeers([.. launch.Hosts.Select(host => SimulatedNetwork.AddressOf(host.Node, host.Index))]);
        await JoinAsync(raftSide.Logger);
        BrokerEnvironment brokerSide = new()
        {
            Committers = launch.Process.Turns,
            Readers = launch.Process.Turns,
            Time = launch.Process.Time,
            NewId = launch.Random.NextGuid,
            Logger = new ProcessLogger(launch.Process),
            Metrics = new BrokerMetrics(meters),
            Peers = launch.Hosts.Count > 1 ? launch.Peers : null,
            Quorum = metadata,
        };
        BrokerOptions options = new()
        {
            Node = launch.Host.Node,
            TailCacheBytesPerPartition = Math.Min(1 << 20, shape.MaxSegmentBytes / 2),
            MaxSegmentBytes = shape.MaxSegmentBytes,
            MaintenanceInterval = shape.MaintenanceInterval,
            Replication = shape.Replication,
        };
        node = await BrokerNode.OpenAsync(options, brokerSide, launch.Data, used);
        partitions = new FaultSource(shape.Fault, new SeededStream(launch.Process.Loop.Seed, $"fault-{launch.Host.Index}-life-{launch.Host.Boots}").AsRandom()).Around(node.Partitions);
        Endpoint here = new("sim", launch.Host.Index + 1);
        RegistrationOptions registration = new() { Incarnation = launch.Host.Incarnation, Endpoints = new BrokerEndpoints(here, here, here) };
        member = ClusterMember.Start(launch.Host.Node, registration, shape.Controller, brokerSide, launch.Data, used, metadata, launch.Peers);
        node.OnPartitionFailure(partition => _ = member.ReportFailureAsync(partition));
        BrokerNode opened = node;
        launch.Peers.OnLinkChange(change =>
        {
            if (change.State == PeerLinkState.Up)
            {
                opened.HurryReplication();
            }
        });
    }

    /// <summary>In the order of the server: leaderships first, then the partitions, then what vouches for them.</summary>
    public async Task StopAsync()
    {
        if (metadata!.Image.Brokers.Any(broker => broker.Node != launch.Host.Node && broker.MayLead))
        {
            await member!.HandOverAsync();
        }

        bool isFlushed = false;
        try
        {
            await node!.CloseAsync();
            isFlushed = node.IsClosedCleanly;
        }
        finally
        {
            await member!.CloseAsync(isFlushed);
            await metadata.DisposeAsync();
        }
    }

    public void Forget() => meters.Dispose();

    /// <summary>A disk that the genesis does not name asks to be taken in, once.</summary>
    private async Task JoinAsync(Microsoft.Extensions.Logging.ILogger log)
    {
        SimulatedHost host = launch.Host;
        if (host.HasJoined || shape.Genesis.Voters.Concat(shape.Genesis.Learners).Any(known => known.Node == host.Node && known.Incarnation == host.Incarnation))
        {
            return;
        }

        Guid disk = host.Incarnation;
        NodeId[] contacts = [.. launch.Hosts.Where(other => other != host).Select(other => other.Node)];
        QuorumMember self = new(host.Node, disk, "sim", host.Index + 1);
        await ClusterJoining.JoinAsync(launch.Peers, self, () => contacts, launch.Process.Time, log, CancellationToken.None);
        host.HasJoined |= host.Incarnation == disk;
    }
}
