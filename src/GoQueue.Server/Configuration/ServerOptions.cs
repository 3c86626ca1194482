using GoQueue.Broker;
using GoQueue.Broker.Replication;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Replication;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc;
using GoQueue.Server.Peers;

namespace GoQueue.Server.Configuration;

/// <summary>The effective configuration of a node. Made only from values that were checked, each alone and all together.</summary>
internal sealed record ServerOptions
{
    public required string DataDirectory { get; init; }

    public required NodeId NodeId { get; init; }

    public required ListenerOptions Listeners { get; init; }

    public required ClusterOptions Cluster { get; init; }

    public required HttpOptions Http { get; init; }

    public required GrpcLimits Grpc { get; init; }

    public required BrokerOptions Broker { get; init; }

    public required BrokerThreads Threads { get; init; }

    public required ForwardingOptions Forwarding { get; init; }

    public required LoggingOptions Logging { get; init; }

    /// <summary>How long requests under way may take to finish once the node is told to stop.</summary>
    public required TimeSpan ShutdownTimeout { get; init; }

    /// <param name="tls">Loaded from the files that the values name; null when they name none.</param>
    public static ServerOptions Bind(EffectiveConfiguration values, PeerTls? tls) => new()
    {
        DataDirectory = values.Get(OptionCatalog.Data),
        NodeId = new NodeId(values.Get(OptionCatalog.NodeId)),
        ShutdownTimeout = values.Get(OptionCatalog.ShutdownTimeout),
        Listeners = new ListenerOptions
        {
            Bind = values.Get(OptionCatalog.Bind),
            HttpPort = values.Get(OptionCatalog.HttpPort),
            GrpcPort = values.Get(OptionCatalog.GrpcPort),
            MetricsPort = values.Get(OptionCatalog.MetricsPort),
            PeerPort = values.Get(OptionCatalog.PeerPort),
        },
        Cluster = new ClusterOptions
        {
            Peers = ClusterTexts.TryPeers(values.Get(OptionCatalog.Peers), out IReadOnlyList<PeerAddress>? peers) ? peers : [],
            SeedDns = ClusterTexts.EndpointOrNone(values.Get(OptionCatalog.SeedDns), needsPort: true),
            SeedDnsServer = ClusterTexts.AddressOrNone(values.Get(OptionCatalog.SeedDnsServer)),
            ExpectedNodes = values.Get(OptionCatalog.ExpectedNodes),
            ClusterId = ClusterTexts.TextOrNone(values.Get(OptionCatalog.ClusterId)),
            Rack = ClusterTexts.TextOrNone(values.Get(OptionCatalog.Rack)),
            AdvertisedPeer = ClusterTexts.EndpointOrNone(values.Get(OptionCatalog.AdvertisePeer), needsPort: false),
            AdvertisedHttp = ClusterTexts.EndpointOrNone(values.Get(OptionCatalog.AdvertiseHttp), needsPort: false),
            AdvertisedGrpc = ClusterTexts.EndpointOrNone(values.Get(OptionCatalog.AdvertiseGrpc), needsPort: false),
            Tls = tls,
        },
        Http = new HttpOptions
        {
            MaxConnections = values.Get(OptionCatalog.HttpMaxConnections),
            HeaderTimeout = values.Get(OptionCatalog.HttpHeaderTimeout),
            IdleTimeout = values.Get(OptionCatalog.HttpIdleTimeout),
            WriteTimeout = values.Get(OptionCatalog.HttpWriteTimeout),
            MaxHeaderBytes = (int)values.Get(OptionCatalog.HttpMaxHeaders),
            MaxBodyBytes = (int)values.Get(OptionCatalog.HttpMaxBody),
            BodyMemoryBytes = values.Get(OptionCatalog.HttpBodyMemory),
            MaxBatchMessages = values.Get(OptionCatalog.HttpMaxBatch),
            MaxLongPolls = values.Get(OptionCatalog.HttpMaxPolls),
        },
        Grpc = new GrpcLimits
        {
            MaxMessageBytes = (int)values.Get(OptionCatalog.GrpcMaxMessage),
            MaxMetadataBytes = (int)values.Get(OptionCatalog.GrpcMaxMetadata),
            MessageTimeout = values.Get(OptionCatalog.GrpcMessageTimeout),
            WriteTimeout = values.Get(OptionCatalog.GrpcWriteTimeout),
            StreamInFlightBytes = values.Get(OptionCatalog.GrpcInFlightBytes),
            StreamInFlightBatches = values.Get(OptionCatalog.GrpcInFlightBatches),
            MaxCallsPerConnection = values.Get(OptionCatalog.GrpcMaxCalls),
            CallWindowBytes = (int)values.Get(OptionCatalog.GrpcCallWindow),
            ConnectionWindowBytes = (int)values.Get(OptionCatalog.GrpcConnectionWindow),
        },
        Broker = new BrokerOptions
        {
            Node = new NodeId(values.Get(OptionCatalog.NodeId)),
            DefaultPartitions = values.Get(OptionCatalog.TopicsDefaultPartitions),
            MaxPendingBytesPerPartition = values.Get(OptionCatalog.StoragePendingBytes),
            MaxPendingBatchesPerPartition = values.Get(OptionCatalog.StoragePendingBatches),
            MaxGroupBytes = values.Get(OptionCatalog.StorageGroupBytes),
            TailCacheBytesPerPartition = values.Get(OptionCatalog.StorageTailCache),
            ProducerIdle = values.Get(OptionCatalog.ProducersIdle),
            MaintenanceInterval = values.Get(OptionCatalog.MaintenanceInterval),
            CompactionBytesPerSecond = values.Get(OptionCatalog.MaintenanceCompactionRate),
            ScrubBytesPerSecond = values.Get(OptionCatalog.MaintenanceScrubRate),
            ScrubInterval = values.Get(OptionCatalog.MaintenanceScrubInterval),
            StrayReplicaDelay = values.Get(OptionCatalog.ReplicationStrayDelay),
            Replication = new ReplicationOptions
            {
                MaxShipments = values.Get(OptionCatalog.ReplicationMaxShipments),
                Replica = new ReplicaOptions
                {
                    MaxLag = values.Get(OptionCatalog.ReplicationMaxLag),
                    ShipBehindSegments = values.Get(OptionCatalog.ReplicationShipBehind) is > 0 and int segments ? segments : null,
                },
            },
        },
        Threads = new BrokerThreads
        {
            Committers = BrokerThreads.Resolve(values.Get(OptionCatalog.StorageCommitterThreads)),
            Readers = BrokerThreads.Resolve(values.Get(OptionCatalog.StorageReaderThreads)),
        },
        Forwarding = new ForwardingOptions
        {
            MaxRequests = values.Get(OptionCatalog.ForwardingMaxRequests),
            MaxBytes = values.Get(OptionCatalog.ForwardingMaxBytes),
            Timeout = values.Get(OptionCatalog.ForwardingTimeout),
            LeaderWait = values.Get(OptionCatalog.ForwardingLeaderWait),
        },
        Logging = new LoggingOptions
        {
            Format = values.Get(OptionCatalog.LogFormat),
            Level = values.Get(OptionCatalog.LogLevel),
        },
    };
}
