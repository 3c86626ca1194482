using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Replication.Following;
using GoQueue.Broker.Replication.Serving;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata;
using GoQueue.Metadata.Events;

namespace GoQueue.Broker.Replication;

/// <summary>
/// Replication of this node's partitions: fetchers towards their leaders, the server of their followers, proposals, and the ticks that find slow
/// followers. Without peers (one node) it does nothing.
/// </summary>
internal sealed class BrokerReplication
{
    private readonly BrokerOptions options;
    private readonly BrokerEnvironment environment;
    private readonly FetcherTable? fetchers;
    private readonly InSyncProposals proposals;
    private readonly LossReports losses;
    private readonly DamagedReplicas damaged;
    private readonly CancellationTokenSource stopping = new();
    private PartitionTable? partitions;
    private FetchServer? server;
    private CatchUps? catchUps;
    private Shipments? shipments;
    private Task ticking = Task.CompletedTask;

    public BrokerReplication(BrokerOptions options, BrokerEnvironment environment, IMetadataLog metadata)
    {
        this.options = options;
        this.environment = environment;
        Throttle = new ReassignmentThrottle(environment.Time);
        fetchers = environment.Peers is { } peers ? new FetcherTable(options.Replication, environment, peers, Throttle) : null;
        proposals = new InSyncProposals(options.Node, options.Replication, environment, metadata);
        losses = new LossReports(options.Replication, environment, metadata);
        damaged = new DamagedReplicas(options.Node, options.Replication, environment, metadata, Positioned);
        Proofs = new LeadershipProofs(options.Replication, environment, metadata);
    }

    /// <summary>What moving replicas may cost; follows the metadata.</summary>
    public ReassignmentThrottle Throttle { get; }

    public LeadershipProofs Proofs { get; }

    /// <summary>Begins to serve followers; the partitions are open.</summary>
    public void Start(PartitionTable table)
    {
        partitions = table;
        if (environment.Peers is { } peers)
        {
            server = new FetchServer(options.Replication, environment, table, peers, Throttle);
            _ = new StateServer(table, new SegmentServer(table, Throttle), peers);
            catchUps = new CatchUps(options.Replication, environment, peers, table, this);
            shipments = new Shipments(options.Replication, environment, peers, Throttle, this);
            ticking = TickAsync(table, stopping.Token);
        }
    }

    public void Follow(PartitionLoop loop, NodeId leader) => fetchers?.Follow(loop, leader);

    public void Unfollow(PartitionLoop loop) => fetchers?.Unfollow(loop);

    public void Positioned(PartitionLoop loop) => fetchers?.Positioned(loop);

    public void RetryLater(PartitionLoop loop) => fetchers?.RetryLater(loop);

    /// <summary>A replica here cut its log to fit its leader's.</summary>
    public void Cut(PartitionLoop loop, OffsetRange range, LeaderEpoch lastEpoch) => losses.Cut(loop.Partition, range, lastEpoch);

    public void Proposes(PartitionLoop loop) => proposals.Add(loop);

    /// <summary>Told of partitions whose log failed here.</summary>
    public Action<TopicPartition>? FailureReceiver { get; set; }

    public void Failed(PartitionLoop loop)
    {
        Unfollow(loop);
        FailureReceiver?.Invoke(loop.Partition);
        if (loop.MustReopen)
        {
            partitions?.LookAfterDirectories();
        }
    }

    /// <summary>The follower cannot go on from its position: the leader has retired what comes next.</summary>
    public void CatchUp(PartitionLoop loop) => catchUps?.Add(loop);

    /// <summary>The follower is far behind and stands where a sealed segment of its leader begins.</summary>
    public void Ship(PartitionLoop loop) => shipments?.Add(loop);

    /// <summary>The registration or the links changed: do not wait.</summary>
    public void Hurry() => fetchers?.Hurry();

    public async Task StopAsync()
    {
        stopping.Cancel();
        await ticking;
        server?.Dispose();
        if (fetchers is not null)
        {
            await fetchers.StopAsync();
        }

        if (catchUps is not null)
        {
            await catchUps.StopAsync();
        }

        if (shipments is not null)
        {
            await shipments.StopAsync();
        }

        await proposals.StopAsync();
        await losses.StopAsync();
        await damaged.StopAsync();
        await Proofs.StopAsync();
        damaged.Dispose();
        stopping.Dispose();
    }

    private async Task TickAsync(PartitionTable table, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(options.Replication.TickInterval, environment.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (PartitionLoop loop in table.InOrder())
                {
                    loop.Tick();
                }

                table.TryStarvedAgain();
                damaged.Look(table);
                if (FailureReceiver is { } receiver)
                {
                    foreach (TopicPartition unusable in table.TakeUnusableToReport())
                    {
                        receiver(unusable);
                    }
                }

                Hurry(); // a registration that came since the last look
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the end is asked for
        }
    }
}
