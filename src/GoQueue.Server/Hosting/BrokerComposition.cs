using System.Diagnostics.Metrics;
using GoQueue.Broker;
using GoQueue.Broker.Controller;
using GoQueue.Broker.Registration;
using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Server.Configuration;
using GoQueue.Server.DataDirectory;
using GoQueue.Server.Formation;
using GoQueue.Server.Forwarding;

namespace GoQueue.Server.Hosting;

/// <summary>
/// Puts the real broker together: its disk, its metadata log, its clock and its threads. Everything that is made here is closed here, in the
/// reverse order.
/// </summary>
internal static class BrokerComposition
{
    private static readonly TimeSpan ServingPatience = TimeSpan.FromSeconds(10);

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
                Peers = cluster.Transport,
                Quorum = cluster.Metadata,
            };
            BrokerNode node = await BrokerNode.OpenAsync(options.Broker, environment, claim.Directory, cluster.Metadata);
            closing.Push(node.DisposeAsync);
            ClusterMember member = Join(node, cluster, environment, claim, options, services);
            closing.Push(() => CloseAsync(node, member));
            await ServingAsync(member, node, cluster.Metadata, time, cancellationToken);
            return new RunningBroker(node.Topics, node.Partitions, node.Producers, () => CloseAsync(closing))
            {
                Metadata = cluster.Metadata,
                Quorum = cluster.Metadata,
                Cluster = member.Requests,
                CatchUps = node.CatchUps,
                Routes = Route(node, cluster, options, Owned(new ForwardingMetrics(services.GetRequiredService<IMeterFactory>()), closing), time),
                PeerEndpoint = cluster.Transport.Endpoint,
                HandOverAsync = () => HandOverAsync(options.NodeId, cluster.Metadata, member),
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

    /// <summary>Registers the broker, which makes it eligible to lead; its partitions are open.</summary>
    private static ClusterMember Join(BrokerNode node, OpenedCluster cluster, BrokerEnvironment environment, DataDirectoryClaim claim, ServerOptions options, IServiceProvider services)
    {
        RegistrationOptions registration = new()
        {
            Incarnation = claim.Identity.Incarnation,
            Endpoints = NodeAddresses.Registered(options, services.GetRequiredService<BoundListeners>().Addresses, cluster.Self),
            Rack = options.Cluster.Rack,
        };
        ClusterMember member = ClusterMember.Start(
            options.NodeId, registration, new ControllerOptions(), environment, claim.Directory, cluster.Metadata, cluster.Metadata, cluster.Transport);
        node.OnPartitionFailure(partition => _ = member.ReportFailureAsync(partition));
        cluster.Transport.OnLinkChange(change =>
        {
            if (change.State == PeerLinkState.Up)
            {
                node.HurryReplication();
            }
        });
        return member;
    }

    /// <summary>A node that has to wait for others longer than this announces itself and refuses what it cannot serve yet.</summary>
    private static async Task ServingAsync(ClusterMember member, BrokerNode node, RaftMetadataLog metadata, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(ServingPatience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await member.WaitUntilServingAsync(either.Token);
            await node.ReachedAsync(metadata.Image.Version).WaitAsync(either.Token); // what was decided has also been taken up
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Its partitions follow as soon as they have leaders.
        }
    }

    private static PartitionRouter Route(BrokerNode node, OpenedCluster cluster, ServerOptions options, ForwardingMetrics metrics, TimeProvider time)
    {
        LeaderCalls calls = new(cluster.Transport, options.Forwarding, time, metrics);
        ForwardedRequests.Serve(cluster.Transport, node.Partitions, cluster.Metadata, options.Forwarding, time, metrics);
        return new PartitionRouter(options.NodeId, node.Partitions, cluster.Metadata, calls, options.Forwarding, time, metrics);
    }

    /// <summary>With nobody there to take anything over, everything is served to the end.</summary>
    private static Task HandOverAsync(NodeId self, RaftMetadataLog metadata, ClusterMember member) =>
        metadata.Image.Brokers.Any(broker => broker.Node != self && broker.MayLead) ? member.HandOverAsync() : Task.CompletedTask;

    /// <summary>The partitions first: what they flushed is what the member vouches for.</summary>
    private static async ValueTask CloseAsync(BrokerNode node, ClusterMember member)
    {
        bool isFlushed = false;
        try
        {
            await node.CloseAsync();
            isFlushed = node.IsClosedCleanly; // a partition whose disk failed is not vouched for
        }
        finally
        {
            await member.CloseAsync(isFlushed);
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
