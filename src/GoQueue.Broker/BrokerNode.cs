using GoQueue.Broker.Maintenance;
using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Producers;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Topics;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker;

/// <summary>
/// The broker part of one node: its partitions and the request ports over them. Made by <see cref="OpenAsync"/>, which returns when
/// every partition has recovered; ended by <see cref="CloseAsync"/>, which answers what is waiting, flushes and marks each log clean.
/// </summary>
/// <remarks>The metadata log and the schedulers belong to the host and outlive the broker.</remarks>
public sealed class BrokerNode : IAsyncDisposable
{
    private readonly PartitionTable partitions;
    private readonly BrokerReplication replication;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task following;
    private readonly Task maintaining;
    private readonly Task scrubbing;
    private int closed;

    private BrokerNode(BrokerOptions options, BrokerEnvironment environment, IMetadataLog metadata, PartitionTable partitions, BrokerReplication replication)
    {
        this.partitions = partitions;
        this.replication = replication;
        Topics = new TopicRequests(options, environment, metadata, partitions);
        Partitions = new PartitionRequests(partitions, environment);
        Producers = new ProducerRequests(metadata);
        CatchUps = new CatchUpRequests(options.Node, partitions, metadata, environment.Peers);
        following = FollowAsync(environment);
        maintaining = new MaintenanceRounds(options, environment, partitions).RunAsync(stopping.Token);
        scrubbing = new ScrubRounds(options, environment, partitions).RunAsync(stopping.Token);
        environment.Metrics.Observe("goqueue.storage.partitions", null, "Partitions open on this node.", () => partitions.Count);
        environment.Metrics.Observe("goqueue.storage.size.bytes", "By", "Bytes of all partition logs of this node.", () => partitions.Loops.Sum(loop => loop.SizeBytes));
        environment.Metrics.Observe("goqueue.replication.leaders", null, "Partitions that this node leads.", () => partitions.Loops.Count(loop => loop.Figures().Leads));
        environment.Metrics.Observe("goqueue.replication.under.replicated.partitions", null, "Partitions led here of which a replica is not in sync.", () => partitions.Loops.Count(loop => loop.Figures().IsUnderReplicated));
        environment.Metrics.Observe("goqueue.replication.under.min.in.sync.partitions", null, "Partitions led here whose high watermark stands still, because too few replicas are in sync.", () => partitions.Loops.Count(loop => loop.Figures().IsBlocked));
        environment.Metrics.Observe("goqueue.replication.in.sync.replicas", null, "In-sync replicas of all partitions led here.", () => partitions.Loops.Sum(loop => (long)loop.Figures().InSync));
        environment.Metrics.Observe("goqueue.replication.lag.records", null, "Records that the slowest follower of any partition led here still lacks.", () => partitions.Loops.Select(loop => loop.Figures().LargestLag).DefaultIfEmpty().Max());
    }

    /// <summary>The partitions open here, in order, for the simulator.</summary>
    internal IEnumerable<PartitionLoop> Replicas => partitions.InOrder();

    public ITopicRequests Topics { get; }

    public IPartitionRequests Partitions { get; }

    public IProducerRequests Producers { get; }

    public ICatchUpRequests CatchUps { get; }

    /// <summary>
    /// Names who is told that a partition's log failed here: the leadership and the place in the in-sync set go to others
    /// (<see cref="Controller.ClusterMember.ReportFailureAsync"/>). The receiver must be quick; it is called from a turn.
    /// </summary>
    public void OnPartitionFailure(Action<TopicPartition> receiver) => replication.FailureReceiver = receiver;

    /// <summary>After <see cref="CloseAsync"/>: everything that was acknowledged is on the disk, for the marker of a clean stop.</summary>
    public bool IsClosedCleanly => partitions.IsClosedCleanly;

    /// <summary>Tells the fetchers that the registration was made or a link came up, so that nothing waits for the end of a pause.</summary>
    public void HurryReplication() => replication.Hurry();

    /// <summary>Opens every partition that the metadata names, in <c>partitions/</c> of the data directory.</summary>
    public static async Task<BrokerNode> OpenAsync(BrokerOptions options, BrokerEnvironment environment, ILogDirectory data, IMetadataLog metadata)
    {
        long started = environment.Time.GetTimestamp();
        ILogDirectory directory = data.Subdirectory("partitions");
        data.Sync();
        BrokerReplication replication = new(options, environment, metadata);
        PartitionTable partitions = new(options, environment, directory, metadata, replication);
        replication.Start(partitions);
        await partitions.OpenAsync();
        BrokerNode node = new(options, environment, metadata, partitions, replication);
        Log.BrokerOpened(environment.Logger, options.Node, metadata.Image.TopicCount, partitions.Count, (long)environment.Time.GetElapsedTime(started).TotalMilliseconds);
        return node;
    }

    /// <summary>Returns when the partitions here are as the metadata of <paramref name="version"/> says: those that it has this node lead take requests.</summary>
    public Task ReachedAsync(long version) => partitions.ReachedAsync(version);

    /// <summary>Stops taking requests, answers those taken, closes every partition cleanly. Idempotent.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref closed, 1) != 0)
        {
            return;
        }

        stopping.Cancel();
        await following;
        await maintaining;
        await scrubbing;
        await replication.StopAsync();
        await partitions.CloseAsync();
        stopping.Dispose();
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task FollowAsync(BrokerEnvironment environment)
    {
        try
        {
            await partitions.FollowAsync(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // the end of following is asked for
        }
        catch (Exception failure)
        {
            Log.FollowingFailed(environment.Logger, failure);
        }
    }
}
