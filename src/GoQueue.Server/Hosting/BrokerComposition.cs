using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using GoQueue.Broker;
using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;
using GoQueue.Server.Configuration;
using GoQueue.Server.DataDirectory;
using GoQueue.Storage.Directories;

namespace GoQueue.Server.Hosting;

/// <summary>
/// Puts the real broker together: its disk, its metadata log, its clock and its threads. Everything that is made here is closed here, in the
/// reverse order.
/// </summary>
internal static class BrokerComposition
{
    private const string MetadataDirectory = "metadata";

    /// <param name="claim">Held by the caller until the broker is closed.</param>
    public static BrokerFactory For(DataDirectoryClaim claim, ServerOptions options) => (services, cancellationToken) => OpenAsync(claim, options, services, cancellationToken);

    private static async Task<RunningBroker> OpenAsync(DataDirectoryClaim claim, ServerOptions options, IServiceProvider services, CancellationToken cancellationToken)
    {
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        ILoggerFactory logging = services.GetRequiredService<ILoggerFactory>();
        Stack<Func<ValueTask>> closing = new();
        try
        {
            TurnThreads metadataLoop = Owned(new TurnThreads("metadata", 1), closing);
            TurnThreads metadataSnapshots = Owned(new TurnThreads("metadata-snapshot", 1), closing);
            TurnThreads committers = Owned(new TurnThreads("committer", options.Threads.Committers), closing);
            TurnThreads readers = Owned(new TurnThreads("reader", options.Threads.Readers), closing);
            BrokerMetrics metrics = Owned(new BrokerMetrics(services.GetRequiredService<IMeterFactory>()), closing);

            // Reading the metadata blocks on the disk, and the listeners answer meanwhile.
            RaftEnvironment metadataEnvironment = new()
            {
                Node = options.NodeId,
                Incarnation = claim.Identity.Incarnation,
                Loop = metadataLoop,
                Background = metadataSnapshots,
                Time = time,
                Peers = null,
                Seed = RandomNumberGenerator.GetInt32(int.MaxValue),
                Logger = logging.CreateLogger("GoQueue.Metadata"),
                Meters = services.GetRequiredService<IMeterFactory>(),
            };
            (RaftMetadataLog metadata, Genesis genesis) = await Task.Run(() => OpenMetadata(claim.Directory, options.Listeners.PeerPort, metadataEnvironment), cancellationToken);
            closing.Push(metadata.DisposeAsync);
            await FormClusterAsync(metadata, genesis.ClusterId, cancellationToken);

            BrokerEnvironment environment = new()
            {
                Committers = committers,
                Readers = readers,
                Time = time,
                NewId = Guid.NewGuid,
                Logger = logging.CreateLogger("GoQueue.Broker"),
                Metrics = metrics,
            };
            BrokerNode node = await BrokerNode.OpenAsync(options.Broker, environment, claim.Directory, metadata);
            closing.Push(node.DisposeAsync);
            return new RunningBroker(node.Topics, node.Partitions, node.Producers, () => CloseAsync(closing))
            {
                Metadata = metadata,
                Quorum = metadata,
            };
        }
        catch (Exception failure)
        {
            await CloseAsync(closing);
            if (failure is MetadataLogUnusableException)
            {
                throw new StartRefusedException(ExitCodes.DataDirectoryRefused, failure.Message, failure);
            }

            throw;
        }
    }

    /// <summary>
    /// The genesis of a cluster of one: the id that its metadata has already, else one that belongs to the data directory and so is the same at every
    /// start.
    /// </summary>
    private static (RaftMetadataLog Log, Genesis Genesis) OpenMetadata(ILogDirectory data, int peerPort, RaftEnvironment environment)
    {
        ILogDirectory directory = data.Subdirectory(MetadataDirectory);
        data.Sync();
        RaftOptions options = new();
        string cluster = RaftMetadataLog.FindClusterId(directory, options, environment) ?? environment.Incarnation.ToString("N");
        Genesis genesis = new(cluster, [new QuorumMember(environment.Node, environment.Incarnation, "localhost", Math.Max(peerPort, 1))], []);
        return (RaftMetadataLog.Open(directory, genesis, options, environment), genesis);
    }

    /// <summary>The cluster of one node forms itself at its first start.</summary>
    private static async Task FormClusterAsync(RaftMetadataLog metadata, string clusterId, CancellationToken cancellationToken)
    {
        if (metadata.Image.ClusterId is not null)
        {
            return;
        }

        Result<MetadataOutcome> formed = await metadata.ProposeAsync(new FormClusterCommand(clusterId), cancellationToken);
        Error? refusal = formed.IsOk ? formed.Value.Error : formed.Error;
        if (refusal is { Code: not ErrorCode.None } error)
        {
            throw new StartRefusedException(ExitCodes.Failed, $"the cluster could not be formed: {error.Detail}");
        }
    }

    private static T Owned<T>(T resource, Stack<Func<ValueTask>> closing)
        where T : IDisposable
    {
        closing.Push(() =>
        {
            resource.Dispose();
            return ValueTask.CompletedTask;
        });
        return resource;
    }

    private static async Task CloseAsync(Stack<Func<ValueTask>> closing)
    {
        while (closing.TryPop(out Func<ValueTask>? close))
        {
            await close();
        }
    }
}
