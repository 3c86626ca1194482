using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>Three brokers, one partition: publishing, failover, fencing, as they work together.</summary>
public sealed class ReplicationTests
{
    private static readonly ProducerId Producer = new(7);

    [Fact]
    public async Task R1_acks_all_is_answered_when_every_in_sync_replica_has_it_flushed()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        PublishReceipt receipt = await cluster.Leader.PublishAsync(Batches.Of("a", "b"));
        Assert.True(receipt.IsOk, receipt.Error.ToString());
        Assert.Equal(3, receipt.Replicas);
        Assert.True(receipt.Flushed);
        Assert.Equal(["0=a", "1=b"], await cluster.Leader.ReadAllAsync());
        foreach (string name in new[] { "n2", "n3" })
        {
            await Eventually.TrueAsync(() => cluster[name].ReadAllAsync(fromFollower: true).Result.Count == 2, $"{name} serves what is committed");
        }
    }

    [Fact]
    public async Task Reads_and_publishes_at_a_follower_name_the_leader()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        await Eventually.TrueAsync(() => cluster["n2"].Offsets(cluster.Partition).Error is { Code: ErrorCode.NotLeader } why && why.Detail.Contains("n1", StringComparison.Ordinal), "n2 follows n1");
        PublishReceipt receipt = await cluster["n2"].PublishAsync(Batches.Of("a"));
        Assert.Equal(ErrorCode.NotLeader, receipt.Error.Code);
        Assert.Contains("n1", receipt.Error.Detail, StringComparison.Ordinal);
        using FetchResult read = await cluster["n2"].Broker.Partitions.FetchAsync(new FetchRequest(cluster.Partition, Offset.Zero, 1000, TimeSpan.Zero), CancellationToken.None);
        Assert.Equal(ErrorCode.NotLeader, read.Error.Code);
    }

    [Fact]
    public async Task The_leader_crashes_under_load_and_nothing_acknowledged_is_lost_or_doubled()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        List<string> acknowledged = [];
        ClusterNode leader = cluster["n1"];
        Task<PublishReceipt>? last = null;
        for (int sequence = 0; sequence < 155; sequence++) // five are under way: as many as are remembered
        {
            string value = $"m{sequence}";
            Task<PublishReceipt> publish = leader.PublishAsync(Batches.From(Producer, 0, sequence, value));
            last = publish;
            if (sequence < 150)
            {
                Assert.True((await publish).IsOk);
                acknowledged.Add(value);
            }
        }

        await leader.CrashAsync();
        PublishReceipt unknown = await last!;
        Assert.False(unknown.IsOk && acknowledged.Contains("m154"));
        await cluster.FenceAsync("n1");
        ClusterNode next = cluster.Leader;
        Assert.NotEqual("n1", next.Id.Value);
        await Eventually.TrueAsync(() => next.Offsets(cluster.Partition).IsOk, "the new leader knows the end");

        // I1 over a failover: the producer repeats all whose outcome it does not know; each ends up once.
        for (int sequence = 150; sequence < 155; sequence++)
        {
            PublishReceipt repeat = await next.PublishAsync(Batches.From(Producer, 0, sequence, $"m{sequence}"));
            Assert.True(repeat.IsOk, repeat.Error.ToString());
            Assert.Equal(2, repeat.Replicas);
        }

        List<string> records = await next.ReadAllAsync();
        Assert.Equal(Enumerable.Range(0, 155).Select(sequence => $"{sequence}=m{sequence}"), records);

        // The old leader comes back, gives up what only it had, and joins again.
        await cluster["n1"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.Equal(3, (await next.PublishAsync(Batches.From(Producer, 0, 155, "end"))).Replicas);
        await cluster.ElectAsync("n1");
        await Eventually.TrueAsync(() => cluster["n1"].Offsets(cluster.Partition).IsOk, "n1 leads again");
        Assert.Equal(156, (await cluster["n1"].ReadAllAsync()).Count);
    }

    [Fact]
    public async Task E4_a_deposed_leader_cuts_what_nobody_else_has()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        Assert.True((await cluster["n1"].PublishAsync(Batches.Of("a"))).IsOk);
        cluster.Network.Cut(new NodeId("n1"));
        Task<PublishReceipt> lost = cluster["n1"].PublishAsync(Batches.Of("only here"));
        PublishReceipt here = await cluster["n1"].PublishAsync(Batches.Of("only here too"), Acks.Leader);
        Assert.True(here.IsOk);
        await cluster.FenceAsync("n1"); // n1 hears of it: its link to the metadata is not cut
        Assert.Equal(ErrorCode.OutcomeUnknown, (await lost).Error.Code);
        ClusterNode next = cluster.Leader;
        await Eventually.TrueAsync(() => next.Offsets(cluster.Partition).IsOk, "the next leader leads"); // n1 may hear of it first
        Assert.True((await next.PublishAsync(Batches.Of("b"))).IsOk);
        cluster.Network.Mend(new NodeId("n1"));
        await cluster.DecideAsync(new AlterBrokerCommand(new NodeId("n1"), cluster.BrokerOf(new NodeId("n1")).Epoch, BrokerChange.Unfence));
        await cluster.InSyncAsync("n1", "n2", "n3");
        await cluster.ElectAsync("n1");
        await Eventually.TrueAsync(() => cluster["n1"].Offsets(cluster.Partition).IsOk, "n1 leads again");
        Assert.Equal(["0=a", "1=b"], await cluster["n1"].ReadAllAsync());
    }

    /// <summary>Seed cluster-101: the followers of the old leadership cut what was committed to fit an empty log.</summary>
    [Fact]
    public async Task A_node_with_an_empty_disk_does_not_lead_what_its_old_disk_led()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        Assert.True((await cluster["n1"].PublishAsync(Batches.Of("a"))).IsOk);
        await Eventually.TrueAsync(() => cluster["n2"].ReadAllAsync(fromFollower: true).Result.Count == 1, "n2 knows that it is committed");

        await cluster["n1"].CrashAsync();
        await cluster["n1"].StartOnEmptyDiskAsync();

        await Eventually.TrueAsync(() => cluster["n1"].Offsets(cluster.Partition).Error.Code == ErrorCode.NotLeader, "n1 does not lead under the registration of another process");
        await cluster.ElectAsync("n2");
        await Eventually.TrueAsync(() => cluster.Leader.Offsets(cluster.Partition).IsOk || cluster["n2"].ReadAllAsync(fromFollower: true).Result.Count == 0, "n2 leads, or has cut its log");
        Assert.Equal(["0=a"], await cluster["n2"].ReadAllAsync(fromFollower: true));
    }

    [Fact]
    public async Task R9_a_follower_that_hangs_leaves_the_set_and_joins_again()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(configure: options => options with
        {
            Replication = options.Replication with { Replica = options.Replication.Replica with { MaxLag = TimeSpan.FromSeconds(5) } },
        });
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        cluster.Network.Cut(new NodeId("n3"));
        PublishReceipt waited = await cluster.Leader.PublishAsync(Batches.Of("b"));
        Assert.True(waited.IsOk);
        Assert.Equal(2, waited.Replicas);
        Assert.Equal(2, cluster.Image.InSync.Count);
        cluster.Network.Mend(new NodeId("n3"));
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("c"))).Replicas);
    }

    [Fact]
    public async Task R10_below_the_minimum_acks_all_is_refused_before_the_append_and_what_waits_is_told_after_it()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        cluster.Network.Cut(new NodeId("n2"));
        cluster.Network.Cut(new NodeId("n3"));
        Task<PublishReceipt> waiting = cluster.Leader.PublishAsync(Batches.Of("b"));
        await cluster.FenceAsync("n2");
        await cluster.FenceAsync("n3");
        Assert.Equal(ErrorCode.NotEnoughReplicasAfterAppend, (await waiting).Error.Code);
        Assert.Equal(ErrorCode.NotEnoughReplicas, (await cluster.Leader.PublishAsync(Batches.Of("c"))).Error.Code);
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("d"), Acks.Leader)).IsOk);
        Assert.Equal(["0=a"], await cluster.Leader.ReadAllAsync()); // R2: nothing is committed meanwhile
    }

    [Fact]
    public async Task R6_a_clean_restart_of_a_follower_loses_nothing_and_it_joins_under_its_new_registration()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        await cluster["n3"].StopAsync();
        await cluster.FenceAsync("n3");
        Assert.Equal(2, (await cluster.Leader.PublishAsync(Batches.Of("b"))).Replicas);
        await cluster["n3"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(() => cluster["n3"].ReadAllAsync(fromFollower: true).Result.Count == 2, "n3 has both");
    }

    [Fact]
    public async Task All_three_lose_power_and_everything_acknowledged_is_there()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        for (int index = 0; index < 50; index++)
        {
            Assert.True((await cluster.Leader.PublishAsync(Batches.From(Producer, 0, index, $"m{index}"))).IsOk);
        }

        foreach (string name in new[] { "n1", "n2", "n3" })
        {
            await cluster[name].CrashAsync();
        }

        foreach (string name in new[] { "n1", "n2", "n3" })
        {
            await cluster[name].StartAsync();
        }

        if (cluster.Image.Leader is null)
        {
            await cluster.ElectAsync(cluster.Image.InSync[0].Value);
        }

        await Eventually.TrueAsync(() => cluster.Leader.Offsets(cluster.Partition).IsOk, "the leader knows the end");
        Assert.Equal(50, (await cluster.Leader.ReadAllAsync()).Count);
        Assert.True((await cluster.Leader.PublishAsync(Batches.From(Producer, 0, 49, "m49"))).BaseOffset == new Offset(49));
    }

    [Fact]
    public async Task Data_damaged_on_the_way_is_refused_and_fetched_again()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        int damaged = 0;
        cluster["n2"].Peers.OnReply = reply =>
        {
            if (reply.Length > 150 && damaged++ < 3)
            {
                reply.Span[^1] ^= 1;
            }
        };
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("a"))).Replicas);
        Assert.True(damaged > 3);
    }

    [Fact]
    public async Task Many_partitions_share_fetches()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(partitions: 50);
        await Eventually.TrueAsync(() => Enumerable.Range(0, 50).All(index => cluster["n1"].Offsets(Part(index)).IsOk), "all are led");
        int before = cluster["n2"].Peers.CallCount;
        PublishReceipt[] receipts = await Task.WhenAll(Enumerable.Range(0, 500).Select(async index =>
            await cluster["n1"].Broker.Partitions.PublishAsync(new PublishRequest(Part(index % 50), Batches.Of($"m{index}"), Acks.All))));
        Assert.All(receipts, receipt => Assert.True(receipt.IsOk && receipt.Replicas == 3, receipt.Error.ToString()));
        Assert.True(cluster["n2"].Peers.CallCount - before < 250, $"{cluster["n2"].Peers.CallCount - before} fetches for 500 batches");

        TopicPartition Part(int index) => cluster.Partition with { Partition = new PartitionIndex(index) };
    }

    [Fact]
    public async Task A_follower_behind_the_leaders_log_start_begins_anew_there_and_knows_the_producers_of_retired_records()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(configure: options => options with { MaintenanceInterval = TimeSpan.FromMilliseconds(50) });
        await cluster.CreateAsync(TopicSettings.Default with { SegmentBytes = 1 << 20, RetentionBytes = 1 << 20 });
        await cluster["n3"].StopAsync();
        await cluster.FenceAsync("n3");
        Assert.True((await cluster.Leader.PublishAsync(Batches.From(Producer, 0, 0, "first"))).IsOk);
        for (int index = 0; index < 8; index++)
        {
            Assert.True((await cluster.Leader.PublishAsync(Batches.Of(new string((char)('a' + index), 700_000)))).IsOk);
        }

        await Eventually.TrueAsync(() => cluster.Leader.Broker.Replicas.Single().FirstKept > Offset.Zero, "the first record is removed");
        await cluster["n3"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        await cluster.ElectAsync("n3");
        await Eventually.TrueAsync(() => cluster["n3"].Offsets(cluster.Partition).IsOk, "n3 leads");
        Assert.True(cluster["n3"].Offsets(cluster.Partition).Value.LogStart > Offset.Zero);
        PublishReceipt repeat = await cluster["n3"].PublishAsync(Batches.From(Producer, 0, 0, "first"));
        Assert.True(repeat.IsOk, repeat.Error.ToString());
        Assert.Equal(Offset.Zero, repeat.BaseOffset);
        Assert.Equal(new Offset(9), (await cluster["n3"].PublishAsync(Batches.From(Producer, 0, 1, "second"))).BaseOffset);
    }

    [Fact]
    public async Task A_replica_that_a_reassignment_brings_in_catches_up_and_the_one_it_takes_away_is_removed()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(count: 4);
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        NodeList all = NodeList.From([new NodeId("n1"), new NodeId("n2"), new NodeId("n4"), new NodeId("n3")]);
        await AssignAsync(new ReplicaAssignment(all, NodeList.Of(new NodeId("n4")), NodeList.Of(new NodeId("n3"))), cluster.Image.InSync);
        await cluster.InSyncAsync("n1", "n2", "n3", "n4");
        await AssignAsync(new ReplicaAssignment(all.Without(new NodeId("n3")), NodeList.Empty, NodeList.Empty), cluster.Image.InSync.Without(new NodeId("n3")));
        await Eventually.TrueAsync(() => !cluster["n3"].Disk.Root.Subdirectory("partitions").Exists(cluster.Partition.ToString()), "n3 removed its files");
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("b"))).Replicas);
        await Eventually.TrueAsync(() => cluster["n4"].ReadAllAsync(fromFollower: true).Result.SequenceEqual(["0=a", "1=b"]), "n4 has both");

        Task AssignAsync(ReplicaAssignment assignment, NodeList inSync) => cluster.DecideAsync(new AlterPartitionsCommand(
            [new PartitionChange { Partition = cluster.Partition, Expected = cluster.Image.PartitionEpoch, Leader = cluster.Image.Leader, InSync = assignment.Replicas.Where(inSync.Contains), Assignment = assignment }]));
    }

    [Fact]
    public async Task E7_a_reader_of_what_an_unclean_election_took_back_is_told_where_the_histories_part()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TopicSettings.Default with { UncleanLeaderElection = true });
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        cluster.Network.Cut(new NodeId("n3"));
        await cluster.FenceAsync("n3");
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("b", "c"))).IsOk);
        using FetchResult before = await ReadAsync("n1", 0, null, null);
        Assert.Equal((3L, cluster.Image.LeaderEpoch), (before.NextOffset.Value, before.LastEpoch));
        using FetchResult atEnd = await ReadAsync("n1", 3, cluster.Image.LeaderEpoch, before.LastEpoch);
        Assert.Equal((ErrorCode.None, before.LastEpoch), (atEnd.Error.Code, atEnd.LastEpoch));

        LeaderEpoch oldEpoch = cluster.Image.LeaderEpoch;
        await cluster["n1"].StopAsync();
        await cluster["n2"].StopAsync();
        cluster.Network.Mend(new NodeId("n3"));
        await cluster.DecideAsync(new AlterBrokerCommand(new NodeId("n3"), cluster.BrokerOf(new NodeId("n3")).Epoch, BrokerChange.Unfence));
        await cluster.ElectAsync("n3", ElectionKind.Unclean);
        await Eventually.TrueAsync(() => cluster["n3"].PublishAsync(Batches.Of("x", "y", "z"), Acks.Leader).Result.IsOk, "n3 leads");
        await cluster["n1"].StartAsync();
        await cluster.InSyncAsync("n1", "n3");
        await Eventually.TrueAsync(() => cluster["n3"].Offsets(cluster.Partition) is { IsOk: true, Value.HighWatermark.Value: 4 }, "it is committed");

        foreach (int from in (int[])[3, 2])
        {
            using FetchResult truncated = await ReadAsync("n3", from, null, before.LastEpoch);
            Assert.Equal((ErrorCode.LogTruncated, 1L, oldEpoch), (truncated.Error.Code, truncated.NextOffset.Value, truncated.LastEpoch));
            Assert.Contains("parts from that history at offset 1", truncated.Error.Detail, StringComparison.Ordinal);
        }

        using FetchResult safe = await ReadAsync("n3", 1, null, before.LastEpoch);
        Assert.Equal(["1=x", "2=y", "3=z"], Batches.Read(safe.Slices));
        Assert.Equal(cluster.Image.LeaderEpoch, safe.LastEpoch);
        using FetchResult fenced = await ReadAsync("n3", 1, oldEpoch, before.LastEpoch);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, fenced.Error.Code);
        using FetchResult newer = await ReadAsync("n3", 1, new LeaderEpoch(cluster.Image.LeaderEpoch.Value + 1), null);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, newer.Error.Code);

        async Task<FetchResult> ReadAsync(string node, long from, LeaderEpoch? known, LeaderEpoch? last) => await cluster[node].Broker.Partitions.FetchAsync(
            new FetchRequest(cluster.Partition, new Offset(from), 1 << 20, TimeSpan.Zero) { KnownEpoch = known, LastEpoch = last }, CancellationToken.None);
    }

    [Fact]
    public async Task A_follower_serves_what_it_knows_to_be_committed_waits_for_the_rest_and_refuses_once_it_is_not_in_sync()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        using FetchResult first = await ReadAsync(0, TimeSpan.FromSeconds(30));
        Assert.Equal(["0=a"], Batches.Read(first.Slices));

        // A position beyond what n2 knows of: the long poll answers as soon as it has heard.
        Task<FetchResult> early = ReadAsync(2, TimeSpan.FromSeconds(30));
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("b", "c"))).IsOk);
        using FetchResult later = await early;
        Assert.Equal((ErrorCode.None, "2=c"), (later.Error.Code, Batches.Read(later.Slices)[^1]));
        using FetchResult beyond = await ReadAsync(9, TimeSpan.FromMilliseconds(1));
        Assert.Equal(ErrorCode.OffsetNotAvailable, beyond.Error.Code);

        Task<FetchResult> waiting = ReadAsync(3, TimeSpan.FromSeconds(30));
        await cluster.FenceAsync("n2");
        using FetchResult refused = await waiting;
        Assert.Equal(ErrorCode.NotLeader, refused.Error.Code);

        async Task<FetchResult> ReadAsync(long from, TimeSpan wait) => await cluster["n2"].Broker.Partitions.FetchAsync(
            new FetchRequest(cluster.Partition, new Offset(from), 1 << 20, wait) { MayReadFromFollower = true }, CancellationToken.None);
    }

    [Fact]
    public async Task A_forgotten_producer_state_doubles_a_repeat()
    {
        // The planted bug, so that the tests above are known to be able to fail.
        await using TestCluster cluster = await TestCluster.StartAsync(bugs: DeliberateBugs.ForgetProducerState);
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.From(Producer, 0, 0, "a"))).IsOk);
        await cluster["n1"].CrashAsync();
        await cluster.FenceAsync("n1");
        ClusterNode next = cluster.Leader;
        await Eventually.TrueAsync(() => next.Offsets(cluster.Partition).IsOk, "the new leader knows the end");
        Assert.True((await next.PublishAsync(Batches.From(Producer, 0, 0, "a"))).IsOk);
        Assert.Equal(["0=a", "1=a"], await next.ReadAllAsync());
    }
}
