using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>L12 of the start, with real retention over three nodes (ADR 0017). Nothing is published while it runs: fetches that wait for data must not keep promises waiting.</summary>
public sealed class LogStartTests
{
    [Fact]
    public async Task L12_retention_reaches_an_idle_partition_everywhere_and_the_next_leader_begins_no_earlier()
    {
        await using TestCluster cluster = await FilledAsync();
        await RetireAsync(cluster);
        await Eventually.TrueAsync(() => cluster["n1"].Offsets(cluster.Partition).Value.LogStart > Offset.Zero, "the start moved");
        Offset told = cluster["n1"].Offsets(cluster.Partition).Value.LogStart;
        await Eventually.TrueAsync(() => Names.All(name => Loop(cluster, name).FirstKept == told), "all remove what is before it");
        using FetchResult atFollower = await cluster["n3"].Broker.Partitions.FetchAsync(new FetchRequest(cluster.Partition, told, 1 << 20, TimeSpan.Zero) { MayReadFromFollower = true }, CancellationToken.None);
        Assert.Equal((ErrorCode.None, told), (atFollower.Error.Code, atFollower.LogStartOffset));
        await cluster.ElectAsync("n3");
        await Eventually.TrueAsync(() => cluster["n3"].Offsets(cluster.Partition).IsOk, "n3 leads");
        Assert.Equal(told, cluster["n3"].Offsets(cluster.Partition).Value.LogStart);
    }

    [Fact]
    public async Task L12_nothing_is_removed_and_no_start_told_before_a_silent_member_of_the_in_sync_set_has_promised_or_left()
    {
        await using TestCluster cluster = await FilledAsync();
        cluster.Network.Cut(new NodeId("n3"));
        await RetireAsync(cluster);
        Offset promised = await PromisedAsync(cluster);
        Assert.Equal(Offset.Zero, cluster["n1"].Offsets(cluster.Partition).Value.LogStart);
        Assert.Equal((Offset.Zero, Offset.Zero), (Loop(cluster, "n1").FirstKept, Loop(cluster, "n2").FirstKept));
        await cluster.FenceAsync("n3");
        await Eventually.TrueAsync(() => cluster["n1"].Offsets(cluster.Partition).Value.LogStart == promised, "those who are left have promised it");
        await Eventually.TrueAsync(() => Loop(cluster, "n1").FirstKept == promised && Loop(cluster, "n2").FirstKept == promised, "both remove what is before it");
    }

    /// <summary>
    /// Goal: a crash between the promise and its being shown loses nothing of it, and a new leader tells no start before it knows what the one before it told. Method: n3 is silent, so
    /// n2 has promised what nobody told; it loses its power, comes back and leads.
    /// </summary>
    [Fact]
    public async Task L12_a_promise_outlives_a_crash_and_a_new_leader_that_has_not_heard_of_all_tells_no_start()
    {
        await using TestCluster cluster = await FilledAsync();
        cluster.Network.Cut(new NodeId("n3"));
        await RetireAsync(cluster);
        Offset promised = await PromisedAsync(cluster);
        await cluster["n2"].CrashAsync();
        await cluster["n2"].StartAsync();
        await Eventually.TrueAsync(() => cluster["n2"].Broker.Replicas.Any(), "n2 has opened its replica");
        Assert.Equal(promised, Loop(cluster, "n2").PromisedStart);
        await Eventually.TrueAsync(() => cluster.Image.InSync.Contains(new NodeId("n2")), "n2 is in sync");
        await cluster.ElectAsync("n2");
        await Eventually.TrueAsync(() => Loop(cluster, "n2").LeadingEpoch == cluster.Image.LeaderEpoch, "n2 leads");
        Assert.Equal(ErrorCode.OffsetNotAvailable, cluster["n2"].Offsets(cluster.Partition).Error.Code);
        using FetchResult read = await cluster["n2"].Broker.Partitions.FetchAsync(new FetchRequest(cluster.Partition, Offset.Zero, 1 << 20, TimeSpan.Zero), CancellationToken.None);
        Assert.Equal((ErrorCode.None, Offset.None), (read.Error.Code, read.LogStartOffset));
        cluster.Network.Mend(new NodeId("n3"));
        await Eventually.TrueAsync(() => cluster["n2"].Offsets(cluster.Partition) is { IsOk: true } range && range.Value.LogStart == promised, "all have promised it");
    }

    /// <summary>
    /// Goal: a leader that itself began anew at S tells a follower that stands at S behind an older epoch where that epoch ended (E3, E6). Method: records of epoch 1 are retired up to
    /// S while n3 is away; n3 begins anew there and leads; a follower asks from S on behind a record of epoch 0.
    /// </summary>
    [Fact]
    public async Task E3_a_leader_that_began_anew_judges_a_follower_at_its_first_offset_behind_an_older_epoch()
    {
        await using TestCluster cluster = await FilledAsync();
        await cluster["n3"].StopAsync();
        await cluster.FenceAsync("n3");
        await cluster.ElectAsync("n2");
        await Eventually.TrueAsync(() => cluster["n2"].Offsets(cluster.Partition).IsOk, "n2 leads");
        for (int index = 0; index < 6; index++)
        {
            Assert.True((await cluster["n2"].PublishAsync(Batches.Of(new string('z', 700_000)))).IsOk);
        }

        await RetireAsync(cluster);
        await Eventually.TrueAsync(() => Loop(cluster, "n2").FirstKept > new Offset(8), "everything of older epochs is removed");
        await cluster["n3"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        Offset first = Loop(cluster, "n3").FirstKept;
        Assert.True(first > new Offset(8), $"n3 begins at {first}");
        await cluster.ElectAsync("n3");
        await Eventually.TrueAsync(() => Loop(cluster, "n3").LeadingEpoch == cluster.Image.LeaderEpoch, "n3 leads");
        FetchPosition position = new(cluster.Image.LeaderEpoch, first, LeaderEpoch.Zero, Offset.Zero, 1);
        FetchVerdict verdict = Loop(cluster, "n3").Fetched(new NodeId("n1"), cluster.BrokerOf(new NodeId("n1")).Epoch, position, out _);
        Assert.Equal(new EpochEnd(LeaderEpoch.Zero, new Offset(8)), verdict.Diverging);
    }

    private static readonly string[] Names = ["n1", "n2", "n3"];

    /// <summary>Eight segments at everybody, of which retention would keep one or two; it is off. A fetch waits for ten minutes, the window is an hour.</summary>
    private static async Task<TestCluster> FilledAsync()
    {
        TestCluster cluster = await TestCluster.StartAsync(configure: options => options with
        {
            MaintenanceInterval = TimeSpan.FromMilliseconds(50),
            Replication = options.Replication with { FetchMaxWait = TimeSpan.FromMinutes(10), Replica = options.Replication.Replica with { MaxLag = TimeSpan.FromHours(1) } },
        });
        await cluster.CreateAsync(Settings);
        for (int index = 0; index < 8; index++)
        {
            Assert.Equal(3, (await cluster["n1"].PublishAsync(Batches.Of(new string((char)('a' + index), 700_000)))).Replicas);
        }

        return cluster;
    }

    private static TopicSettings Settings => TopicSettings.Default with { SegmentBytes = 1 << 20, RetentionMillis = -1, RetentionBytes = -1 };

    private static Task RetireAsync(TestCluster cluster)
    {
        Assert.True(cluster.Metadata.Image.TryGetTopic(cluster.Partition.Topic, out TopicImage? topic));
        return cluster.DecideAsync(new AlterTopicCommand(topic.Id, topic.Settings with { RetentionBytes = 1 << 20 }, topic.Version));
    }

    /// <summary>What the leader and n2 have promised.</summary>
    private static async Task<Offset> PromisedAsync(TestCluster cluster)
    {
        await Eventually.TrueAsync(() => Loop(cluster, "n1").PromisedStart > Offset.Zero && Loop(cluster, "n2").PromisedStart == Loop(cluster, "n1").PromisedStart, "n1 and n2 promise");
        return Loop(cluster, "n1").PromisedStart;
    }

    private static PartitionLoop Loop(TestCluster cluster, string name) => cluster[name].Broker.Replicas.Single();
}
