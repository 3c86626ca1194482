using FsCheck;
using FsCheck.Fluent;
using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>Where replicas go, first and later.</summary>
public sealed class PlacementTests
{
    [Fact]
    public void Any_placement_is_even_apart_and_deterministic() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(
            ArbMap.Default.ArbFor<int>(),
            number =>
            {
                Random random = new(number);
                int brokers = random.Next(1, 13);
                int rackCount = random.Next(0, 5);
                TestCluster cluster = Of(brokers, [.. Enumerable.Range(0, brokers).Select(_ => rackCount == 0 ? null : $"r{random.Next(rackCount)}")]);
                int factor = random.Next(1, Math.Min(brokers, TopicSettings.MaxReplicationFactor) + 1);
                IReadOnlyList<PartitionImage> placed = Place(cluster, random.Next(1, 100), factor, random.Next());

                int racks = cluster.Image.Brokers.Select(broker => broker.Rack).Distinct().Count(rack => rack is not null);
                Assert.All(placed, partition =>
                {
                    Assert.Equal((factor, factor), (partition.Replicas.Count, partition.InSync.Count));
                    Assert.Equal(partition.Replicas[0], partition.Leader);
                    int used = partition.Replicas.Select(node => RackOf(cluster, node)).Distinct().Count(rack => rack is not null);
                    Assert.True(used >= Math.Min(factor, racks), $"{used} of {racks} racks for {factor} replicas");
                });
                int[] leaders = [.. cluster.Image.Brokers.Select(broker => placed.Count(partition => partition.Leader == broker.Node))];
                Assert.InRange(leaders.Max() - leaders.Min(), 0, 1);
                if (rackCount == 0)
                {
                    int[] replicas = [.. cluster.Image.Brokers.Select(broker => placed.Count(partition => partition.Replicas.Contains(broker.Node)))];
                    Assert.InRange(replicas.Max() - replicas.Min(), 0, 2);
                }
            }));

    [Fact]
    public void Small_topics_do_not_all_begin_on_the_same_broker()
    {
        TestCluster cluster = Of(5);
        for (int i = 1; i <= 100; i++)
        {
            TopicSettings settings = TopicSettings.Default with { ReplicationFactor = 3 };
            IReadOnlyList<PartitionImage> placed = Place(cluster, 1, 3, seed: 0);
            cluster.Apply<MetadataOutcome.TopicCreated>(new CreateTopicCommand(Sample.Id(i), $"t{i}", settings, placed, Sample.Created));
        }

        int[] leaders = [.. cluster.Image.Brokers.Select(broker => cluster.Image.Topics.Count(topic => topic.Partitions[0].Leader == broker.Node))];
        int[] replicas = [.. cluster.Image.Brokers.Select(broker => cluster.Image.Topics.Count(topic => topic.Partitions[0].Replicas.Contains(broker.Node)))];
        Assert.Equal([20, 20, 20, 20, 20], leaders);
        Assert.All(replicas, count => Assert.InRange(count, 58, 62));
    }

    [Fact]
    public void A_fenced_broker_is_used_only_when_it_must_and_begins_outside_the_isr()
    {
        TestCluster cluster = Of(4);
        cluster.Die(3);
        Assert.All(Place(cluster, 12, 3), partition => Assert.DoesNotContain(Node(3), partition.Replicas));
        cluster.Die(2);

        Assert.All(Place(cluster, 12, 3), partition =>
        {
            Assert.Equal(2, partition.InSync.Count);
            Assert.Contains(partition.Leader!.Value, partition.InSync);
        });
    }

    [Fact]
    public void Drained_and_stopping_brokers_get_nothing_and_too_few_are_an_error()
    {
        TestCluster cluster = Of(4);
        cluster.Apply(new AlterBrokerCommand(Node(0), BrokerEpoch.None, BrokerChange.Drain));
        cluster.Apply(new AlterBrokerCommand(Node(1), cluster.Epoch(1), BrokerChange.Stop));

        Assert.All(Place(cluster, 6, 2), partition => Assert.All(partition.Replicas, node => Assert.Contains(node, Nodes(2, 3))));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, Placement.Place(cluster.Image, 0, Placement.EqualRanges(1), 3, 0).Error.Code);
        cluster.Die(2);
        cluster.Die(3);
        Assert.Equal(ErrorCode.MetadataUnavailable, Placement.Place(cluster.Image, 0, Placement.EqualRanges(1), 2, 0).Error.Code);
    }

    [Fact]
    public void Z1_adding_partitions_halves_the_widest_ranges_and_every_hash_stays_in_one() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100),
        Prop.ForAll(
            ArbMap.Default.ArbFor<int>(),
            number =>
            {
                Random random = new(number);
                TestCluster cluster = Of(3);
                cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, partitions: random.Next(1, 20));
                for (int round = 0; round < 4; round++)
                {
                    TopicImage before = cluster.Topic();
                    int added = random.Next(1, 30);
                    (IReadOnlyList<HashRange> ranges, IReadOnlyList<NarrowedRange> narrowed) = PartitionSplits.Split(before.Partitions, added);
                    Result<IReadOnlyList<PartitionImage>> placed = Placement.Place(cluster.Image, before.Partitions.Count, ranges, 3, number);
                    cluster.Apply<MetadataOutcome.PartitionsAdded>(new AddPartitionsCommand(before.Id, before.Version, narrowed, placed.Value));

                    TopicImage after = cluster.Topic();
                    Assert.Equal(before.Partitions.Count + added, after.Partitions.Count);
                    Assert.Null(PartitionLayout.Validate(after.Partitions));
                    double widest = after.Partitions.Max(partition => (double)partition.Keys.Last - partition.Keys.First + 1);
                    double narrowest = after.Partitions.Min(partition => (double)partition.Keys.Last - partition.Keys.First + 1);
                    Assert.InRange(widest / narrowest, 1, 2.01);
                    for (int i = 0; i < 100; i++)
                    {
                        byte[] key = BitConverter.GetBytes(random.Next());
                        PartitionIndex owner = after.PartitionOf(key);
                        Assert.True(after.Partitions[owner.Value].Keys.Contains(Murmur3.Hash(key)));
                        Assert.True(owner == before.PartitionOf(key) || owner.Value >= before.Partitions.Count, "a key moves to a new partition or not at all");
                    }
                }
            }));

    [Fact]
    public void Z1_adding_partitions_from_an_old_layout_or_with_a_gap_is_refused()
    {
        TestCluster cluster = Of(1);
        cluster.Create(1, Nodes(0), minInSync: 1, partitions: 2);
        TopicImage topic = cluster.Topic();
        (IReadOnlyList<HashRange> ranges, IReadOnlyList<NarrowedRange> narrowed) = PartitionSplits.Split(topic.Partitions, 1);
        AddPartitionsCommand add = new(topic.Id, topic.Version, narrowed, [PartitionImage.New(new(2), ranges[0], Nodes(0))]);

        cluster.AssertRefused(ErrorCode.PreconditionFailed, add with { ExpectedVersion = topic.Version - 1 });
        cluster.AssertRefused(ErrorCode.InvalidArgument, add with { Narrowed = [new(new(1), narrowed[0].Keys)] });
        cluster.AssertRefused(ErrorCode.InvalidArgument, add with { Added = [PartitionImage.New(new(2), new(5, 6), Nodes(0))] });
        cluster.AssertRefused(ErrorCode.UnknownNode, add with { Added = [PartitionImage.New(new(2), ranges[0], Nodes(7))] });
        Assert.False(cluster.Apply(add).IsRefused);
        cluster.AssertRefused(ErrorCode.PreconditionFailed, add);
    }

    private static IReadOnlyList<PartitionImage> Place(TestCluster cluster, int partitions, int factor, int seed = 0) =>
        Placement.Place(cluster.Image, 0, Placement.EqualRanges(partitions), factor, seed).Value;

    private static string? RackOf(TestCluster cluster, NodeId node) => cluster.Image.TryGetBroker(node, out BrokerImage? broker) ? broker.Rack : null;
}
