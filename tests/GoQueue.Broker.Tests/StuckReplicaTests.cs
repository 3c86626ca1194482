using System.Diagnostics;
using GoQueue.Broker.Controller;
using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>Replicas that cannot take more or cannot be opened; and what moving ones may cost.</summary>
public sealed class StuckReplicaTests
{
    [Fact]
    public async Task R9_a_follower_with_a_full_disk_says_so_and_acknowledgements_do_not_wait_for_the_window()
    {
        await using TestCluster cluster = await StartAsync();
        await cluster.CreateAsync(); // its records are old: retention meets the full disk too
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("a"))).Replicas);
        cluster["n3"].Disk.Capacity = 1;
        PublishReceipt receipt = await cluster.Leader.PublishAsync(Batches.Of(new string('b', 500_000))).WaitAsync(TimeSpan.FromSeconds(30)); // the window is an hour
        Assert.True(receipt.IsOk, receipt.Error.ToString());
        Assert.Equal(2, receipt.Replicas);
        Assert.Equal(2, cluster.Image.InSync.Count);
        cluster["n3"].Disk.Capacity = long.MaxValue;
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(async () => (await cluster.Leader.PublishAsync(Batches.Of("c"))).Replicas == 3, "the leader acts on the set of three");
    }

    /// <summary>
    /// Goal: a leader whose log failed does not judge its followers. Method: its flush fails and nobody takes the report; before, it found the others slow after
    /// the window, for they cannot fetch from it, and made itself the only one in sync.
    /// </summary>
    [Fact]
    public async Task R9_a_leader_whose_flush_failed_proposes_nothing_and_says_so_until_it_is_heard()
    {
        await using TestCluster cluster = await StartAsync(); // the window is an hour: nobody leaves the set by being slow in earnest
        await cluster.CreateAsync(TopicSettings.Default with { RetentionMillis = -1 });
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        ClusterNode leader = cluster.Leader;
        int reports = 0;
        leader.Broker.OnPartitionFailure(_ => Interlocked.Increment(ref reports)); // lost, all of them
        leader.Disk.FailFlush = leader.Disk.Flushes + 1;
        Assert.False((await leader.PublishAsync(Batches.Of("b"))).IsOk);
        PartitionReplica replica = leader.Broker.Replicas.Single().Replica;
        await Eventually.TrueAsync(() => replica.Role == ReplicaRole.None, "the failed replica leads no more");
        await Eventually.TrueAsync(() => Volatile.Read(ref reports) >= 2, "what was not heard is said again");
        Assert.False(replica.Tick(TimeSpan.MaxValue)); // the window is over, whatever it was
        Assert.False(replica.HasProposal);
        Assert.Equal(3, cluster.Image.InSync.Count);
        await cluster.FenceAsync(leader.Id.Value);
        await Eventually.TrueAsync(async () => (await cluster.Leader.PublishAsync(Batches.Of("c"))).IsOk, "another one leads, with the third");
    }

    /// <summary>Seed large-1795281098029: the partition stopped for good, "restart the node".</summary>
    [Fact]
    public async Task E8_a_follower_that_has_to_cut_its_log_on_a_full_disk_does_it_when_there_is_room()
    {
        await using TestCluster cluster = await StartAsync();
        await cluster.CreateAsync(TopicSettings.Default with { RetentionMillis = -1 });
        ClusterNode deposed = cluster["n1"];
        Assert.True((await deposed.PublishAsync(Batches.Of("a"))).IsOk);
        cluster.Network.Cut(deposed.Id);
        Assert.True((await deposed.PublishAsync(Batches.Of("only here"), Acks.Leader)).IsOk);
        await cluster.FenceAsync("n1");
        ClusterNode next = cluster.Leader;
        await Eventually.TrueAsync(() => next.Offsets(cluster.Partition).IsOk, "the next leader leads");
        Assert.True((await next.PublishAsync(Batches.Of("b"))).IsOk);
        deposed.Disk.Capacity = 1;
        long before = deposed.Disk.Operations;
        cluster.Network.Mend(deposed.Id);
        await cluster.DecideAsync(new AlterBrokerCommand(deposed.Id, cluster.BrokerOf(deposed.Id).Epoch, BrokerChange.Unfence));
        await Eventually.TrueAsync(() => deposed.Disk.Operations > before + 20, "it tries to cut its log, more than once");
        PartitionLoop loop = deposed.Broker.Replicas.Single();
        Assert.Equal((ErrorCode.None, new Offset(2)), (loop.Refusal.Code, loop.EndOffset));
        deposed.Disk.Capacity = long.MaxValue;
        await cluster.InSyncAsync("n1", "n2", "n3");
        await cluster.ElectAsync("n1");
        await Eventually.TrueAsync(() => deposed.Offsets(cluster.Partition).IsOk, "n1 leads again");
        Assert.Equal(["0=a", "1=b"], await deposed.ReadAllAsync());
    }

    /// <summary>
    /// Seed disks-1795296093124. Goal: a leadership that had to wait for room knows who came back meanwhile. Method: n2 is elected when the others are fenced, and has no room; they
    /// are unfenced, and then there is room. It led with the others fenced for as long as nothing else changed, alone in its ISR, and took nothing.
    /// </summary>
    [Fact]
    public async Task R5_a_leader_that_waited_for_room_takes_in_who_came_back_meanwhile()
    {
        await using TestCluster cluster = await StartAsync();
        await cluster.CreateAsync(TopicSettings.Default with { RetentionMillis = -1 });
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("a"))).Replicas);
        ClusterNode next = cluster["n2"];
        next.Disk.Capacity = 1;
        await cluster.FenceAsync("n3");
        await cluster.FenceAsync("n1");
        PartitionReplica replica = next.Broker.Replicas.Single().Replica;
        await Eventually.TrueAsync(() => replica.View.Leader == next.Id && replica.Role == ReplicaRole.None, "n2 is to lead and cannot");
        foreach (NodeId back in (NodeId[])[new("n1"), new("n3")])
        {
            await cluster.DecideAsync(new AlterBrokerCommand(back, cluster.BrokerOf(back).Epoch, BrokerChange.Unfence));
        }

        Result<TopicImage> other = await next.Broker.Topics.CreateAsync(new CreateTopic("other", 1, new TopicSettingsPatch { ReplicationFactor = 1 }), CancellationToken.None);
        Assert.True(other.IsOk, $"n2 has acted on everything that was decided: {other.Error}");
        Assert.Equal(ReplicaRole.None, replica.Role);
        next.Disk.Capacity = long.MaxValue;
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(async () => (await next.PublishAsync(Batches.Of("b"))).Replicas == 3, "n2 leads all of them");
    }

    /// <summary>Seed large-1795281098375: the checkpoint had no room when the partition was to be opened, and later no update of it had.</summary>
    [Fact]
    public async Task A_replica_that_had_no_room_to_be_opened_is_opened_within_seconds_of_there_being_some()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(configure: options => options with { MaintenanceInterval = TimeSpan.FromHours(1) });
        cluster["n3"].Disk.Capacity = 1;
        await cluster.CreateAsync();
        await Eventually.TrueAsync(() => cluster["n3"].Offsets(cluster.Partition).Error.Code == ErrorCode.DiskFull, "n3 has no room for it");
        await cluster.FenceAsync("n3"); // what its report brings about
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        await cluster.DecideAsync(new AlterBrokerCommand(new NodeId("n3"), cluster.BrokerOf(new NodeId("n3")).Epoch, BrokerChange.Unfence));
        cluster["n3"].Disk.Capacity = long.MaxValue;
        await cluster.InSyncAsync("n1", "n2", "n3");
    }

    /// <summary>Seed cluster-1795284785061: the second attempt found the directory there, and took its name for durable.</summary>
    [Fact]
    public async Task A_directory_whose_name_did_not_become_durable_is_made_anew_before_anything_in_it_counts()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterNode node = cluster["n3"];
        node.Disk.FailFlush = node.Disk.Flushes + 1;
        await cluster.CreateAsync();
        await Eventually.TrueAsync(() => node.Broker.Replicas.Any(), "n3 opens it in another attempt");
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("a"))).Replicas);
        node.Disk.Crash(CrashMode.DropUnflushed);
        Assert.True(node.Disk.Root.Subdirectory("partitions").Exists(cluster.Partition.ToString()), "what was acknowledged outlives the power");
        await node.CrashAsync();
    }

    [Fact]
    public async Task A_partition_that_cannot_be_opened_is_reported_until_the_metadata_does_not_count_on_it_and_opened_when_it_can_be()
    {
        await using TestCluster cluster = await StartAsync();
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        ClusterNode node = cluster["n3"];
        await node.StopAsync();
        ILogDirectory own = node.Disk.Root.Subdirectory("partitions").Subdirectory(cluster.Partition.ToString());
        NewerCheckpoint.PutInto(own, cluster.Partition);
        await node.StartAsync();
        Error refusal = node.Offsets(cluster.Partition).Error;
        Assert.Equal(ErrorCode.StorageFailure, refusal.Code);
        TaskCompletionSource<TopicPartition> reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Broker.OnPartitionFailure(failed => reported.TrySetResult(failed));
        Assert.Equal(cluster.Partition, await reported.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        await cluster.FenceAsync("n3"); // what the report brings about: the others go on
        Assert.Equal(2, (await cluster.Leader.PublishAsync(Batches.Of("b"))).Replicas);
        await cluster.DecideAsync(new AlterBrokerCommand(node.Id, cluster.BrokerOf(node.Id).Epoch, BrokerChange.Unfence));
        NewerCheckpoint.TakeOut(own); // an operator repaired it
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(async () => (await cluster.Leader.PublishAsync(Batches.Of("c"))).Replicas == 3, "the leader acts on the set of three");
    }

    [Fact]
    public async Task A_replica_that_is_being_added_gets_no_more_than_the_rate_and_the_others_are_not_held_up()
    {
        await using TestCluster cluster = await StartAsync(count: 4, ship: null);
        await ThrottledMoveAsync(cluster);
        Assert.Equal(0, cluster["n4"].Peers.CallsOf(Core.Peers.PeerMessageKind.SegmentFetch));
    }

    [Fact]
    public async Task Shipping_to_a_replica_that_is_being_added_obeys_the_rate_too()
    {
        await using TestCluster cluster = await StartAsync(count: 4, ship: 0);
        await ThrottledMoveAsync(cluster);
        Assert.True(cluster["n4"].Peers.CallsOf(Core.Peers.PeerMessageKind.SegmentFetch) > 5);
    }

    [Fact]
    public void What_is_admitted_waits_for_what_was_admitted_before()
    {
        ManualTime time = new();
        ReassignmentThrottle throttle = new(time);
        throttle.Change(1_000_000);
        Assert.True(throttle.AdmitOutAsync(500_000, CancellationToken.None).IsCompleted);
        Task second = throttle.AdmitOutAsync(250_000, CancellationToken.None);
        Task third = throttle.AdmitOutAsync(1, CancellationToken.None);
        Assert.True(throttle.AdmitInAsync(1, CancellationToken.None).IsCompleted, "in and out are bounded each");
        time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(second.IsCompleted);
        Assert.False(third.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.True(third.IsCompleted);
        Assert.Equal(125_000, throttle.PartBytes(1 << 20));
        throttle.Change(0);
        Assert.Equal(1 << 20, throttle.PartBytes(1 << 20));
        Assert.Equal(TimeSpan.Zero, throttle.WaitOut());
    }

    /// <summary>2.8 MB at 2 MB/s for a fourth replica: at least 1.2 s, during which the three others acknowledge at their own pace.</summary>
    private static async Task ThrottledMoveAsync(TestCluster cluster)
    {
        await cluster.CreateAsync(TopicSettings.Default with { SegmentBytes = 1 << 20, RetentionMillis = -1 });
        for (int index = 0; index < 4; index++)
        {
            Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of(new string((char)('a' + index), 700_000)))).Replicas);
        }

        await cluster.DecideAsync(new SetReassignmentRateCommand(2_000_000));
        Stopwatch watch = Stopwatch.StartNew();
        NodeList all = NodeList.From([new NodeId("n1"), new NodeId("n2"), new NodeId("n4"), new NodeId("n3")]);
        await AssignAsync(cluster, new ReplicaAssignment(all, NodeList.Of(new NodeId("n4")), NodeList.Of(new NodeId("n3"))), cluster.Image.InSync);
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("not held up"))).IsOk);
        Assert.DoesNotContain(new NodeId("n4"), cluster.Image.InSync);
        await FiguresAsync(cluster);
        await cluster.InSyncAsync("n1", "n2", "n3", "n4");
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(1.2), $"2.8 MB at 2 MB/s took {watch.Elapsed}");
    }

    /// <summary>Every node says the same of what n4 still lacks, because it asks the leader; and it becomes less.</summary>
    private static async Task FiguresAsync(TestCluster cluster)
    {
        long last = long.MaxValue;
        foreach (string name in new[] { "n1", "n3", "n4" })
        {
            ReassignmentProgress? progress = null;
            await Eventually.TrueAsync(
                async () => (progress = await ProgressAsync(cluster, name)).TimeLeft is not null || progress.Moving[0].Arriving is { Count: 0 },
                "the leader has heard of the move and of the first data");
            if (progress!.Moving[0].Arriving is not [ArrivingReplica arriving])
            {
                return; // the machine was slow, and everything has arrived
            }

            Assert.Equal("n4", arriving.Node.Value);
            Assert.InRange(arriving.BytesLeft, 0, Math.Min(last, 3_000_000));
            last = arriving.BytesLeft;
        }
    }

    private static async Task<ReassignmentProgress> ProgressAsync(TestCluster cluster, string node)
    {
        ClusterRequests requests = new(new NodeId(node), cluster.Metadata, cluster[node].Metadata);
        return await cluster[node].Broker.CatchUps.AskLeadersAsync(requests.Reassignment(), CancellationToken.None);
    }

    private static Task AssignAsync(TestCluster cluster, ReplicaAssignment assignment, NodeList inSync) => cluster.DecideAsync(new AlterPartitionsCommand(
        [new PartitionChange { Partition = cluster.Partition, Expected = cluster.Image.PartitionEpoch, Leader = cluster.Image.Leader, InSync = assignment.Replicas.Where(inSync.Contains), Assignment = assignment }]));

    private static Task<TestCluster> StartAsync(int count = 3, int? ship = 2) => TestCluster.StartAsync(count, configure: options => options with
    {
        TailCacheBytesPerPartition = 0,
        MaintenanceInterval = TimeSpan.FromMilliseconds(50),
        Replication = options.Replication with { ShipPartBytes = 100_000, Replica = new ReplicaOptions { MaxLag = TimeSpan.FromHours(1), ShipBehindSegments = ship } },
    });
}
