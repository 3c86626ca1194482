using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using GoQueue.Consensus;
using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;
using GoQueue.Server.Configuration;
using GoQueue.Server.DataDirectory;
using GoQueue.Server.Hosting;
using GoQueue.Server.Peers;
using GoQueue.Storage.Directories;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Formation;

/// <summary>A node's place among others: its links, its metadata log, and where it is reached.</summary>
internal sealed record OpenedCluster(PeerTransport Transport, RaftMetadataLog Metadata, Endpoint Self);

/// <summary>
/// Opens what a node has in common with others, in this order: the peer port, formation (which waits for the others at the very first start),
/// the metadata log, and joining when the cluster formed without this disk. A node alone passes through without waiting.
/// </summary>
internal sealed class ClusterComposition(DataDirectoryClaim claim, ServerOptions options, IServiceProvider services, ITurnScheduler loop, ITurnScheduler background)
{
    private const string MetadataDirectory = "metadata";
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider time = services.GetRequiredService<TimeProvider>();
    private readonly ILoggerFactory logging = services.GetRequiredService<ILoggerFactory>();
    private readonly RaftOptions raft = new();

    /// <param name="closing">Gets what is opened here; the caller closes it in the reverse order, also when this fails.</param>
    public async Task<OpenedCluster> OpenAsync(Stack<Func<ValueTask>> closing, CancellationToken cancellationToken)
    {
        FormationRecord? record = new FormationFile(claim.Directory).Load();
        string? formedAlone = record is null ? await Task.Run(FindClusterId, cancellationToken) : null;
        PeerTransport transport = new(TransportOptions(record?.IsDecided == true ? record.Genesis.ClusterId : formedAlone ?? options.Cluster.ClusterId), time, logging)
        {
            Metrics = new PeerMetrics(services.GetRequiredService<IMeterFactory>()),
        };
        closing.Push(transport.DisposeAsync);
        await transport.StartAsync(cancellationToken);

        ClusterFormation formation = new(FormationOptions(transport.Endpoint.Port, formedAlone), FormationEnvironment(transport), claim.Directory);
        record = await formation.RunAsync(cancellationToken);
        transport.SetCluster(record.Genesis.ClusterId);
        transport.SetPeers([.. formation.Known, .. Addresses(record.Genesis, except: formation.Known)]);

        // Reading the metadata blocks on the disk, and the listeners answer meanwhile.
        RaftMetadataLog metadata = await Task.Run(() => OpenMetadata(record.Genesis, transport), cancellationToken);
        closing.Push(metadata.DisposeAsync);
        ClusterJoining.Serve(transport, metadata, logging.CreateLogger("GoQueue.Formation"));

        Endpoint self = Self(record.Genesis, formation, transport);
        if (record.Stage == FormationStage.Joining)
        {
            QuorumMember member = new(options.NodeId, claim.Identity.Incarnation, self.Host, self.Port);
            Func<IReadOnlyList<NodeId>> contacts = () => [.. Addresses(record.Genesis, except: []).Concat(formation.Known).Select(peer => peer.Node).Distinct()];
            await ClusterJoining.JoinAsync(transport, member, contacts, time, logging.CreateLogger("GoQueue.Formation"), cancellationToken);
            formation.MarkJoined();
        }

        StartDirectory(new PeerDirectory(transport, options.Cluster.Peers, record.Genesis, metadata, metadata, () => transport.Callers, time), closing);
        await NameClusterAsync(metadata, record.Genesis.ClusterId, cancellationToken);
        return new OpenedCluster(transport, metadata, self);
    }

    private PeerTransportOptions TransportOptions(string? clusterId) => new()
    {
        Self = options.NodeId,
        Incarnation = claim.Identity.Incarnation,
        Listen = new IPEndPoint(options.Listeners.Bind, options.Listeners.PeerPort),
        ClusterId = clusterId,
        AdvertisedHost = options.Cluster.AdvertisedPeer?.Host ?? string.Empty,
        AdvertisedPort = options.Cluster.AdvertisedPeer?.Port ?? 0,
        Tls = options.Cluster.Tls,
    };

    /// <param name="formedAlone">The id of the cluster of one that this directory was before there was formation; it stays one, and others join it.</param>
    private FormationOptions FormationOptions(int boundPort, string? formedAlone)
    {
        Endpoint? self = NodeAddresses.Peer(options, boundPort);
        bool isAlone = options.Cluster.IsAlone || formedAlone is not null;
        return new FormationOptions
        {
            Self = options.NodeId,
            Incarnation = claim.Identity.Incarnation,
            ClusterId = formedAlone ?? options.Cluster.ClusterId,
            Members = isAlone ? [new PeerAddress(options.NodeId, self?.Host ?? "localhost", self?.Port ?? boundPort)] : options.Cluster.Peers,
            ExpectedNodes = options.Cluster.ExpectedNodes,
            Host = self?.Host ?? string.Empty,
            Port = self?.Port ?? 0,
        };
    }

    private FormationEnvironment FormationEnvironment(PeerTransport transport) => new()
    {
        Transport = transport,
        Finder = options.Cluster.SeedDns is { } name ? new DnsPeerFinder(name, services.GetRequiredService<IHostResolver>(), transport, logging.CreateLogger("GoQueue.Formation")) : null,
        Time = time,
        NewId = Guid.NewGuid,
        Logger = logging.CreateLogger("GoQueue.Formation"),
    };

    private RaftEnvironment RaftEnvironment(IPeerTransport transport) => new()
    {
        Node = options.NodeId,
        Incarnation = claim.Identity.Incarnation,
        Loop = loop,
        Background = background,
        Time = time,
        Peers = transport,
        Seed = RandomNumberGenerator.GetInt32(int.MaxValue),
        Logger = logging.CreateLogger("GoQueue.Metadata"),
        Meters = services.GetRequiredService<IMeterFactory>(),
    };

    private string? FindClusterId()
    {
        if (!claim.Directory.Exists(MetadataDirectory))
        {
            return null;
        }

        return RaftMetadataLog.FindClusterId(claim.Directory.Subdirectory(MetadataDirectory));
    }

    private RaftMetadataLog OpenMetadata(Genesis genesis, IPeerTransport transport)
    {
        ILogDirectory directory = claim.Directory.Subdirectory(MetadataDirectory);
        claim.Directory.Sync();
        return RaftMetadataLog.Open(directory, genesis, raft, RaftEnvironment(transport));
    }

    /// <summary>How others know to reach this node: as it says, or as it stands in the genesis, or as it was found.</summary>
    private Endpoint Self(Genesis genesis, ClusterFormation formation, PeerTransport transport)
    {
        if (NodeAddresses.Peer(options, transport.Endpoint.Port) is { } said)
        {
            return said;
        }

        PeerAddress? found = formation.Known.Concat(Addresses(genesis, except: [])).FirstOrDefault(peer => peer.Node == options.NodeId);
        return found is null ? new Endpoint(Dns.GetHostName(), transport.Endpoint.Port) : new Endpoint(found.Host, found.Port);
    }

    private static IEnumerable<PeerAddress> Addresses(Genesis genesis, IReadOnlyList<PeerAddress> except) =>
        genesis.Voters.Concat(genesis.Learners)
            .Where(member => except.All(known => known.Node != member.Node))
            .Select(member => new PeerAddress(member.Node, member.Host, member.Port));

    private static void StartDirectory(PeerDirectory directory, Stack<Func<ValueTask>> closing)
    {
        CancellationTokenSource stopping = new();
        Task running = Task.Run(() => directory.RunAsync(stopping.Token), CancellationToken.None);
        closing.Push(async () =>
        {
            await stopping.CancelAsync();
            await running;
            stopping.Dispose();
        });
    }

    /// <summary>The metadata carries the cluster's id from its first entry on. Every node sees to it; the first one does it.</summary>
    private async Task NameClusterAsync(RaftMetadataLog metadata, string clusterId, CancellationToken cancellationToken)
    {
        while (metadata.Image.ClusterId is null)
        {
            Result<MetadataOutcome> named = await metadata.ProposeAsync(new FormClusterCommand(clusterId), cancellationToken);
            Error refusal = (named.IsOk ? named.Value.Error : named.Error) ?? default;
            if (refusal.Code != ErrorCode.None && !ErrorCodes.IsRetriable(refusal.Code))
            {
                throw new StartRefusedException(ExitCodes.Failed, $"the cluster could not be formed: {refusal.Detail}");
            }

            if (refusal.Code != ErrorCode.None)
            {
                await Task.Delay(RetryEvery, time, cancellationToken);
            }
        }
    }
}
