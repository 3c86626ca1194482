using System.Diagnostics.Metrics;
using GoQueue.Broker;
using GoQueue.Consensus;
using GoQueue.Core.Scheduling;
using GoQueue.Server.Configuration;
using GoQueue.Server.DataDirectory;
using GoQueue.Server.Formation;

namespace GoQueue.Server.Hosting;

/// <summary>
/// Puts the real broker together: its disk, its metadata log, its clock and its threads. Everything that is made here is closed here, in the
/// reverse order.
/// </summary>
internal static class BrokerComposition
{
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

            OpenedCluster cluster = await new ClusterComposition(claim, options, services, metadataLoop, metadataSnapshots).OpenAsync(closing, cancellationToken);
            BrokerEnvironment environment = new()
            {
                Committers = committers,
                Readers = readers,
                Time = time,
                NewId = Guid.NewGuid,
                Logger = logging.CreateLogger("GoQueue.Broker"),
                Metrics = metrics,
            };
            BrokerNode node = await BrokerNode.OpenAsync(options.Broker, environment, claim.Directory, cluster.Metadata);
            closing.Push(node.DisposeAsync);
            return new RunningBroker(node.Topics, node.Partitions, node.Producers, () => CloseAsync(closing))
            {
                Metadata = cluster.Metadata,
                Quorum = cluster.Metadata,
                PeerEndpoint = cluster.Transport.Endpoint,
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
