using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>Ten thousand partitions: what a command costs is counted in bytes allocated and in commands, which no busy machine changes.</summary>
public sealed class ScaleTests
{
    private const int Partitions = 10_000;

    /// <summary>In one topic and in ten thousand: the two ends of how partitions are spread.</summary>
    public static TheoryData<int> TopicCounts => [1, Partitions];

    [Theory]
    [MemberData(nameof(TopicCounts))]
    public void A_change_of_one_partition_copies_a_few_kilobytes(int topics)
    {
        TestCluster cluster = Big(topics);
        cluster.ProposeInSync(Nodes(0, 1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            cluster.ProposeInSync(i % 2 == 0 ? Nodes(0, 1, 2) : Nodes(0, 1));
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 16_000);
        Assert.Single(cluster.Image.TopicsChangedSince(cluster.Image.Version - 100));
    }

    [Theory]
    [MemberData(nameof(TopicCounts))]
    public void A_broker_that_dies_takes_a_handful_of_commands_and_a_few_megabytes(int topics)
    {
        TestCluster cluster = Big(topics);
        cluster.Apply(new AlterBrokerCommand(Node(0), cluster.Epoch(0), BrokerChange.Fence));
        List<PartitionChange> changes = ControllerPolicy.Partitions(cluster.Image.TopicsOn(Node(0)).Select(topic => topic.Id), cluster.View);
        Assert.Equal(Partitions, changes.Count);

        List<byte[]> commands = [.. ControllerPolicy.Batches(changes).Select(Sample.Encoded)];
        Assert.InRange(commands.Count, 2, 4);
        Assert.All(commands, bytes => Assert.InRange(bytes.Length, 1, topics == 1 ? ControllerPolicy.MaxCommandBytes : 2 * ControllerPolicy.MaxCommandBytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (AlterPartitionsCommand command in ControllerPolicy.Batches(changes))
        {
            Assert.Equal(command.Changes.Count, cluster.Apply<MetadataOutcome.PartitionsAltered>(command).Applied);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Partitions, 0, 6000);
        Assert.Empty(ControllerPolicy.Partitions(cluster.Image.TopicsOn(Node(0)).Select(topic => topic.Id), cluster.View));
        Assert.All(cluster.Image.Topics.SelectMany(topic => topic.Partitions), partition => Assert.Equal(Node(1), partition.Leader));
    }

    [Theory]
    [MemberData(nameof(TopicCounts))]
    public void Creating_describing_altering_and_deleting_one_more_topic_does_not_walk_over_the_others(int topics)
    {
        TestCluster cluster = Big(topics);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            int id = 50_000 + i;
            cluster.Create(id, Nodes(0, 1, 2), minInSync: 2, partitions: 3);
            Assert.True(cluster.Image.TryGetTopic($"topic-{id:D5}", out TopicImage? topic));
            cluster.Apply<MetadataOutcome.TopicAltered>(new AlterTopicCommand(topic.Id, topic.Settings with { RetentionMillis = 5000 }, topic.Version));
            cluster.Apply<MetadataOutcome.TopicDeleted>(new DeleteTopicCommand(topic.Id));
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 40_000);
        Assert.Equal(100, cluster.Image.TopicsDeletedSince(cluster.Image.Version - 300).Count());
    }

    [Theory]
    [MemberData(nameof(TopicCounts))]
    public void Looking_at_partitions_at_rest_allocates_nothing_for_each(int topics)
    {
        TestCluster cluster = Big(topics);
        ClusterView view = cluster.View;
        TopicId[] all = [.. cluster.Image.Topics.Select(topic => topic.Id)];
        ControllerPolicy.Partitions(all, view);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Empty(ControllerPolicy.Partitions(all, view));

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Partitions, 0, topics == 1 ? 1 : 250);
    }

    [Fact]
    public void Placing_ten_thousand_partitions_fits_one_command_of_bounded_size()
    {
        TestCluster cluster = Of(20, [.. Enumerable.Range(0, 20).Select(i => $"r{i % 3}")]);
        IReadOnlyList<PartitionImage> placed = Placement.Place(cluster.Image, 0, Placement.EqualRanges(Partitions), 3, 7).Value;
        CreateTopicCommand create = new(Sample.Id(1), "wide", TopicSettings.Default with { ReplicationFactor = 3, MinInSyncReplicas = 2 }, placed, Sample.Created);

        Assert.InRange(Sample.Encoded(create).Length, 1, 400_000);
        cluster.Apply<MetadataOutcome.TopicCreated>(create);
        Assert.All(cluster.Image.Brokers, broker => Assert.InRange(placed.Count(partition => partition.Leader == broker.Node), 499, 501));
    }

    private static TestCluster Big(int topics)
    {
        TestCluster cluster = Of(3);
        for (int i = 1; i <= topics; i++)
        {
            cluster.Create(i, Nodes(0, 1, 2), minInSync: 2, partitions: Partitions / topics);
        }

        return cluster;
    }
}
