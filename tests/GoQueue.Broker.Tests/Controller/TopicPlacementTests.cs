using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests.Controller;

/// <summary>Topics over several brokers, and more partitions while they are in use.</summary>
public sealed class TopicPlacementTests
{
    [Fact]
    public async Task A_topic_gets_three_replicas_where_there_are_three_brokers_and_two_of_them_must_be_in_sync()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        ITopicRequests topics = cluster["n2"].Broker.Topics;

        TopicImage usual = (await topics.CreateAsync(new CreateTopic("usual", 6, TopicSettingsPatch.Nothing), CancellationToken.None)).Value;
        Assert.Equal((3, 2), (usual.Settings.ReplicationFactor, usual.Settings.MinInSyncReplicas));
        Assert.All(usual.Partitions, partition => Assert.Equal((3, 3), (partition.Replicas.Count, partition.InSync.Count)));
        Assert.Equal(3, usual.Partitions.Select(partition => partition.Leader).Distinct().Count());

        TopicImage two = (await topics.CreateAsync(new CreateTopic("two", 1, new() { ReplicationFactor = 2 }), CancellationToken.None)).Value;
        Assert.Equal((2, 1), (two.Partitions[0].Replicas.Count, two.Settings.MinInSyncReplicas));

        Result<TopicImage> four = await topics.CreateAsync(new CreateTopic("four", 1, new() { ReplicationFactor = 4 }), CancellationToken.None);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, four.Error.Code);
        Result<TopicImage> odd = await topics.CreateAsync(new CreateTopic("odd", 1, new() { ReplicationFactor = 2, MinInSyncReplicas = 3 }), CancellationToken.None);
        Assert.Equal(ErrorCode.InvalidConfiguration, odd.Error.Code);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, (await topics.AlterAsync("two", new() { ReplicationFactor = 3, MinInSyncReplicas = 3 }, null, CancellationToken.None)).Error.Code);
    }

    [Fact]
    public async Task Z1_partitions_are_added_while_the_topic_is_in_use_and_keep_what_was_there()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition first = await broker.CreateAsync("orders", partitions: 2);
        Assert.True((await broker.PublishAsync(first, Batches.Of("before"))).IsOk);
        long version = broker.Topics.Describe("orders").Value.Version;

        TopicImage more = (await broker.Topics.AddPartitionsAsync("orders", 5, version, CancellationToken.None)).Value;

        Assert.Equal((5, true), (more.Partitions.Count, more.Version > version));
        Assert.Equal(1UL << 32, more.Partitions.Aggregate(0UL, (sum, partition) => sum + partition.Keys.Last - partition.Keys.First + 1));
        TopicPartition added = first with { Partition = new PartitionIndex(4) };
        await Eventually.TrueAsync(() => broker.Partitions.OffsetsAsync(added, CancellationToken.None).AsTask().Result.IsOk, "the new partition is led");
        Assert.True((await broker.PublishAsync(added, Batches.Of("after"))).IsOk);
        Assert.Equal(["0=before"], await broker.ReadAllAsync(first));
        Assert.Equal(["0=after"], await broker.ReadAllAsync(added));
    }

    [Fact]
    public async Task Partitions_only_grow_within_bounds_and_from_the_version_that_was_seen()
    {
        await using TestBroker broker = TestBroker.Open();
        await broker.CreateAsync("orders", partitions: 3);
        long version = broker.Topics.Describe("orders").Value.Version;

        Assert.Equal(ErrorCode.UnknownTopic, await Add("none", 5, null));
        Assert.Equal(ErrorCode.InvalidPartitionCount, await Add("orders", 3, null));
        Assert.Equal(ErrorCode.InvalidPartitionCount, await Add("orders", 2, null));
        Assert.Equal(ErrorCode.InvalidPartitionCount, await Add("orders", 10_001, null));
        Assert.Equal(ErrorCode.PreconditionFailed, await Add("orders", 5, version + 1));
        Assert.Equal(3, broker.Topics.Describe("orders").Value.Partitions.Count);

        async Task<ErrorCode> Add(string name, int total, long? expected) =>
            (await broker.Topics.AddPartitionsAsync(name, total, expected, CancellationToken.None)).Error.Code;
    }

    [Fact]
    public async Task Replicas_without_brokers_to_put_them_on_are_refused()
    {
        await using TestBroker broker = TestBroker.Open();
        Result<TopicImage> two = await broker.Topics.CreateAsync(new CreateTopic("two", 1, new() { ReplicationFactor = 2 }), CancellationToken.None);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, two.Error.Code);
        Assert.Equal(1, (await broker.Topics.CreateAsync(new CreateTopic("one", 1, TopicSettingsPatch.Nothing), CancellationToken.None)).Value.Settings.ReplicationFactor);
    }
}
