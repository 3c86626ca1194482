using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Topics;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>Damage of stored bytes (reliability.md section 6, rule 4): others take over, and the damaged replica begins anew from them; the last one keeps what it has.</summary>
public sealed class DamagedReplicaTests
{
    private static readonly string[] Everything = ["0=a", "1=b", "2=c"];

    [Fact]
    public async Task A_follower_that_finds_damage_at_its_start_begins_anew_and_is_in_sync_again()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterNode node = cluster["n3"];
        await node.CrashAsync();
        await cluster.FenceAsync("n3");
        Damage(node, cluster.Partition); // with good batches behind it
        await node.StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.Equal(Everything, await node.ReadAllAsync(fromFollower: true));
        Assert.True(Partitions(node).Exists(cluster.Partition + ".damaged"), "the damaged files are kept");
    }

    [Fact]
    public async Task A_follower_whose_reader_finds_damage_leaves_the_in_sync_set_and_comes_back_whole()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterNode node = cluster["n3"];
        await node.StopAsync();
        Damage(node, cluster.Partition); // after a clean stop nothing is scanned
        await node.StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        ActOnReports(cluster, node);
        Assert.Equal(ErrorCode.CorruptLog, await ReadAsync(cluster, node));
        await ComesBackWholeAsync(cluster, node);
    }

    /// <summary>Goal: damage that nobody would meet is found while others are sound. Method: a bit of a sealed segment flips behind a clean stop; nobody reads.</summary>
    [Fact]
    public async Task A_follower_whose_scrub_finds_damage_is_replaced_without_a_reader()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            configure: options => options with { TailCacheBytesPerPartition = 0, MaxSegmentBytes = 1024, MaintenanceInterval = TimeSpan.FromMilliseconds(50) });
        await cluster.CreateAsync(TopicSettings.Default with { RetentionMillis = -1 });
        for (int index = 0; index < 30; index++)
        {
            Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of(new string('x', 100)))).Replicas);
        }

        ClusterNode node = cluster["n3"];
        await node.StopAsync();
        Damage(node, cluster.Partition);
        await node.StartAsync();
        ActOnReports(cluster, node);
        await Eventually.TrueAsync(() => Partitions(node).Exists(cluster.Partition + ".damaged"), "it begins anew");
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.Equal(30, (await node.ReadAllAsync(fromFollower: true)).Count);
        Assert.False(node.Broker.Replicas.Single().IsDamaged);
    }

    [Fact]
    public async Task A_leader_whose_reader_finds_damage_hands_over_and_comes_back_whole()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterNode node = cluster.Leader;
        await node.StopAsync();
        Damage(node, cluster.Partition);
        await node.StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        await cluster.ElectAsync(node.Id.Value);
        ActOnReports(cluster, node);
        await Eventually.TrueAsync(async () => await ReadAsync(cluster, node) == ErrorCode.CorruptLog, "it leads and its reader finds the damage");
        await Eventually.TrueAsync(() => cluster.Leader != node, "another one leads");
        await ComesBackWholeAsync(cluster, node);
    }

    [Fact]
    public async Task The_last_replica_keeps_what_it_has_and_refuses_only_the_damaged_range()
    {
        await using TestCluster cluster = await StartAsync();
        foreach (string gone in new[] { "n2", "n3" })
        {
            await cluster[gone].StopAsync();
            await cluster.FenceAsync(gone);
        }

        ClusterNode node = cluster.Leader;
        await node.StopAsync();
        Damage(node, cluster.Partition);
        await node.StartAsync();
        await cluster.ElectAsync("n1");
        ActOnReports(cluster, node);
        await Eventually.TrueAsync(async () => await ReadAsync(cluster, node) == ErrorCode.CorruptLog, "it leads and its reader finds the damage");
        int looks = 0;
        node.Broker.OnPartitionFailure(_ => Interlocked.Increment(ref looks));
        await Eventually.TrueAsync(() => Volatile.Read(ref looks) > 1, "it is looked after, in vain");
        Assert.True(node.Broker.Replicas.Single().IsDamaged);
        Assert.False(Partitions(node).Exists(cluster.Partition + ".damaged"), "nothing is given up");
        using FetchResult behind = await node.Broker.Partitions.FetchAsync(new FetchRequest(cluster.Partition, new Offset(1), 1 << 20, TimeSpan.Zero), CancellationToken.None);
        Assert.Equal(["1=b", "2=c"], Batches.Read(behind.Slices));
    }

    /// <summary>Goal: nobody is in sync with less on its disk than it says (L14). Method: the file that a follower writes is cut under it; nobody reads, and publishing goes on.</summary>
    [Fact]
    public async Task A_follower_whose_file_is_cut_under_it_leaves_the_in_sync_set_with_its_next_write_and_comes_back_whole()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterNode node = cluster["n3"];
        ActOnReports(cluster, node);
        Cut(node, cluster.Partition);
        await PublishAsync(cluster, "d");
        await Eventually.TrueAsync(() => Partitions(node).Exists(cluster.Partition + ".damaged"), "it begins anew");
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(async () => (await node.ReadAllAsync(fromFollower: true)).SequenceEqual([.. Everything, "3=d"]), "it has everything");
        Assert.False(node.Broker.Replicas.Single().IsDamaged);
        await Eventually.TrueAsync(async () => (await cluster.Leader.PublishAsync(Batches.Of("e"))).Replicas == 3, "acknowledgements count it");
    }

    [Fact]
    public async Task A_leader_whose_file_is_cut_under_it_hands_over_and_loses_nothing_that_was_acknowledged()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterNode node = cluster.Leader;
        ActOnReports(cluster, node);
        Cut(node, cluster.Partition);
        Assert.NotEqual(ErrorCode.None, (await node.PublishAsync(Batches.Of("lost"))).Error.Code);
        await Eventually.TrueAsync(() => cluster.Leader != node, "another one leads");
        await PublishAsync(cluster, "d");
        await Eventually.TrueAsync(() => Partitions(node).Exists(cluster.Partition + ".damaged"), "it begins anew");
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(async () => (await node.ReadAllAsync(fromFollower: true)).SequenceEqual([.. Everything, "3=d"]), "it has everything");
    }

    [Fact]
    public async Task A_file_that_is_cut_under_a_partition_that_is_at_rest_is_found_by_maintenance()
    {
        await using TestCluster cluster = await StartAsync(options => options with { MaintenanceInterval = TimeSpan.FromMilliseconds(50), ScrubBytesPerSecond = 0 });
        ClusterNode node = cluster["n2"];
        ActOnReports(cluster, node);
        Cut(node, cluster.Partition);
        await ComesBackWholeAsync(cluster, node);
    }

    /// <summary>Of a partition without other replicas what is lost is refused, and what comes is taken behind it.</summary>
    [Fact]
    public async Task The_only_replica_whose_file_is_cut_refuses_the_lost_range_and_goes_on()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(count: 1, configure: options => options with { TailCacheBytesPerPartition = 0 });
        await cluster.CreateAsync(TopicSettings.Default with { RetentionMillis = -1 }, 1, "n1");
        ClusterNode node = cluster.Leader;
        foreach (string value in new[] { "a", "b", "c" })
        {
            await PublishAsync(cluster, value);
        }

        Cut(node, cluster.Partition);
        PublishReceipt refused = await node.PublishAsync(Batches.Of("d"));
        Assert.NotEqual(ErrorCode.None, refused.Error.Code);
        await PublishAsync(cluster, "d");
        Assert.Equal(ErrorCode.CorruptLog, await ReadAsync(cluster, node));
        using FetchResult behind = await node.Broker.Partitions.FetchAsync(new FetchRequest(cluster.Partition, new Offset(3), 1 << 20, TimeSpan.Zero), CancellationToken.None);
        Assert.Equal(["3=d"], Batches.Read(behind.Slices));
    }

    private static Task PublishAsync(TestCluster cluster, string value) => Eventually.TrueAsync(
        async () => (await cluster.Leader.PublishAsync(Batches.Of(value))).Error.Code == ErrorCode.None, $"{value} is published");

    private static async Task<TestCluster> StartAsync(Func<BrokerOptions, BrokerOptions>? configure = null)
    {
        TestCluster cluster = await TestCluster.StartAsync(configure: options => (configure?.Invoke(options) ?? options) with { TailCacheBytesPerPartition = 0 });
        await cluster.CreateAsync(TopicSettings.Default with { RetentionMillis = -1 });
        foreach (string value in new[] { "a", "b", "c" })
        {
            Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of(value))).Replicas);
        }

        return cluster;
    }

    private static async Task ComesBackWholeAsync(TestCluster cluster, ClusterNode node)
    {
        await Eventually.TrueAsync(() => Partitions(node).Exists(cluster.Partition + ".damaged"), "it begins anew");
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.Equal(Everything, await node.ReadAllAsync(fromFollower: true));
        PartitionLoop loop = node.Broker.Replicas.Single();
        Assert.False(loop.IsDamaged);
        await Eventually.TrueAsync(async () => (await cluster.Leader.PublishAsync(Batches.Of("d"))).Replicas == 3, "acknowledgements count it");
    }

    /// <summary>What the controller does about a report.</summary>
    private static void ActOnReports(TestCluster cluster, ClusterNode node) => node.Broker.OnPartitionFailure(failed =>
    {
        MetadataImage image = cluster.Metadata.Image;
        if (image.TryGetTopic(failed.Topic, out TopicImage? topic) && PartitionPolicy.WithoutFailed(topic, topic.Partitions[0], node.Id, new ClusterView(image)) is { } change)
        {
            _ = cluster.Metadata.ProposeAsync(new AlterPartitionsCommand([change]), CancellationToken.None).AsTask();
        }
    });

    private static async Task<ErrorCode> ReadAsync(TestCluster cluster, ClusterNode node)
    {
        using FetchResult result = await node.Broker.Partitions.FetchAsync(
            new FetchRequest(cluster.Partition, Offset.Zero, 1 << 20, TimeSpan.Zero) { MayReadFromFollower = true }, CancellationToken.None);
        return result.Error.Code;
    }

    private static VirtualLogDirectory Partitions(ClusterNode node) => (VirtualLogDirectory)node.Disk.Root.Subdirectory("partitions");

    /// <summary>The file of a running node ends in the middle of its first record.</summary>
    private static void Cut(ClusterNode node, TopicPartition partition)
    {
        using ILogFile file = Partitions(node).Subdirectory(partition.ToString()).Open($"{0:D20}.log", writable: true);
        file.SetLength(4096 + 63);
    }

    /// <summary>A byte of the first record changes.</summary>
    private static void Damage(ClusterNode node, TopicPartition partition)
    {
        const int At = 4096 + 63; // behind the header of the segment
        using ILogFile file = Partitions(node).Subdirectory(partition.ToString()).Open($"{0:D20}.log", writable: true);
        byte[] one = new byte[1];
        Assert.Equal(1, file.Read(At, one));
        one[0] ^= 0x10;
        file.Write(At, one);
        file.Flush();
    }
}
