using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>
/// Files of replicas that moved away while their node was down: removed when that is certain, kept as long as it is not. In every test the last partition is certain. A round removes in
/// order, so what is kept until the last one went was there to be removed in the same round.
/// </summary>
public sealed class StrayReplicaTests
{
    private static readonly NodeId Away = new("n3");

    [Fact]
    public async Task A_replica_that_was_reassigned_away_while_its_node_was_down_is_removed_after_its_registration()
    {
        await using TestCluster cluster = await StartAsync(partitions: 2);
        await StopWithTheLastAwayAsync(cluster);
        ILogDirectory partitions = PartitionsOf(cluster);
        Assert.True(partitions.Exists(Last(cluster)));
        await cluster["n3"].StartAsync();
        await Eventually.TrueAsync(() => !partitions.Exists(Last(cluster)), "n3 removed what belongs elsewhere");
        Assert.True(partitions.Exists(Partition(cluster, 0).ToString()), "the other partition is still its own");
    }

    [Fact]
    public async Task What_the_metadata_does_not_mention_is_kept()
    {
        await using TestCluster cluster = await StartAsync(partitions: 1);
        await StopWithTheLastAwayAsync(cluster);
        ILogDirectory partitions = PartitionsOf(cluster);
        string[] unknown = [new TopicPartition(new TopicId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), new PartitionIndex(0)).ToString(), "by-hand"];
        foreach (string name in unknown)
        {
            using ILogFile file = partitions.Subdirectory(name).Create("00000000000000000000.log");
            file.Write(0, [1, 2, 3]);
            file.Flush();
        }

        await cluster["n3"].StartAsync();
        await Eventually.TrueAsync(() => !partitions.Exists(Last(cluster)), "n3 removed what belongs elsewhere");
        Assert.All(unknown, name => Assert.True(partitions.Subdirectory(name).Exists("00000000000000000000.log"), name));
    }

    [Fact]
    public async Task A_replica_that_a_reassignment_is_still_taking_away_or_brings_back_is_kept_and_follows_again()
    {
        await using TestCluster cluster = await StartAsync(partitions: 3);
        await StopWithTheLastAwayAsync(cluster);
        await AssignAsync(cluster, 0, ["n1", "n2", "n4", "n3"], adding: "n4", removing: "n3"); // under way
        await MoveAwayAsync(cluster, 1);
        await AssignAsync(cluster, 1, ["n1", "n2", "n4", "n3"], adding: "n3", removing: "n4"); // it went, and comes back
        ILogDirectory partitions = PartitionsOf(cluster);
        await cluster["n3"].StartAsync();
        await Eventually.TrueAsync(() => !partitions.Exists(Last(cluster)), "n3 removed what belongs elsewhere");
        foreach (int index in new[] { 0, 1 })
        {
            Assert.True(partitions.Exists(Partition(cluster, index).ToString()));
            await Eventually.TrueAsync(() => ImageOf(cluster, index).InSync.Contains(Away), $"n3 is in sync again for partition {index}");
        }
    }

    [Fact]
    public async Task A_replica_that_nobody_leads_elsewhere_is_kept_until_somebody_does()
    {
        await using TestCluster cluster = await StartAsync(partitions: 2);
        await StopWithTheLastAwayAsync(cluster);
        await MoveAwayAsync(cluster, 0);
        await DecideAsync(cluster, 0, image => new PartitionChange { Partition = Partition(cluster, 0), Expected = image.PartitionEpoch, Leader = null, InSync = image.InSync });
        ILogDirectory partitions = PartitionsOf(cluster);
        await cluster["n3"].StartAsync();
        await Eventually.TrueAsync(() => !partitions.Exists(Last(cluster)), "n3 removed what belongs elsewhere");
        Assert.True(partitions.Exists(Partition(cluster, 0).ToString()), "nobody leads it: this may be the last copy");
        await DecideAsync(cluster, 0, image => new PartitionChange { Partition = Partition(cluster, 0), Expected = image.PartitionEpoch, Leader = image.InSync[0], InSync = image.InSync });
        await Eventually.TrueAsync(() => !partitions.Exists(Partition(cluster, 0).ToString()), "others have it now");
    }

    /// <summary>
    /// Rounds are made visible by two partitions that cannot be opened: each is opened by a round after it was repaired, and one task does everything, so the second opening proves that
    /// the round of the first came to its end.
    /// </summary>
    [Fact]
    public async Task Nothing_is_removed_on_metadata_that_may_be_older_than_this_process()
    {
        await using TestCluster cluster = await StartAsync(partitions: 3, delay: TimeSpan.Zero);
        await StopWithTheLastAwayAsync(cluster);
        ILogDirectory partitions = PartitionsOf(cluster);
        foreach (int index in new[] { 0, 1 })
        {
            NewerCheckpoint.PutInto(partitions.Subdirectory(Partition(cluster, index).ToString()), Partition(cluster, index));
        }

        ClusterNode node = cluster["n3"];
        node.Metadata.Cut(); // it reads no more than what was decided before it started: its own registration is not there
        await node.StartAsync();
        foreach (int index in new[] { 0, 1 })
        {
            TopicPartition partition = Partition(cluster, index);
            Assert.Equal(ErrorCode.StorageFailure, node.Offsets(partition).Error.Code);
            NewerCheckpoint.TakeOut(partitions.Subdirectory(partition.ToString()));
            await Eventually.TrueAsync(() => node.Offsets(partition).Error.Code != ErrorCode.StorageFailure, "a round opened it");
        }

        Assert.True(partitions.Exists(Last(cluster)), "what it knows may be old");
        node.Metadata.Mend();
        await Eventually.TrueAsync(() => !partitions.Exists(Last(cluster)), "now it is certain");
    }

    private static async Task<TestCluster> StartAsync(int partitions, TimeSpan? delay = null)
    {
        TestCluster cluster = await TestCluster.StartAsync(4, configure: options => options with
        {
            MaintenanceInterval = TimeSpan.FromMilliseconds(50),
            StrayReplicaDelay = delay ?? TimeSpan.FromMilliseconds(100),
        });
        await cluster.CreateAsync(partitions: partitions);
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("a"))).Replicas);
        return cluster;
    }

    private static async Task StopWithTheLastAwayAsync(TestCluster cluster)
    {
        await cluster["n3"].StopAsync();
        await cluster.DecideAsync(new AlterBrokerCommand(Away, cluster.BrokerOf(Away).Epoch, BrokerChange.Fence));
        await MoveAwayAsync(cluster, Topic(cluster).Partitions.Count - 1);
    }

    /// <summary>From n3 to n4, to the end.</summary>
    private static async Task MoveAwayAsync(TestCluster cluster, int partition)
    {
        await AssignAsync(cluster, partition, ["n1", "n2", "n4", "n3"], adding: "n4", removing: "n3");
        await Eventually.TrueAsync(() => ImageOf(cluster, partition).InSync.Contains(new NodeId("n4")), "n4 has caught up");
        await AssignAsync(cluster, partition, ["n1", "n2", "n4"]);
    }

    private static Task AssignAsync(TestCluster cluster, int partition, string[] replicas, string? adding = null, string? removing = null) => DecideAsync(cluster, partition, image => new PartitionChange
    {
        Partition = Partition(cluster, partition),
        Expected = image.PartitionEpoch,
        Leader = image.Leader,
        InSync = image.InSync.Without(Away),
        Assignment = new ReplicaAssignment(NodeList.From(replicas.Select(name => new NodeId(name))), ListOf(adding), ListOf(removing)),
    });

    /// <summary>Leaders may change the in-sync set at any time: then the decision is made again.</summary>
    private static Task DecideAsync(TestCluster cluster, int partition, Func<PartitionImage, PartitionChange> change) => Eventually.TrueAsync(
        async () =>
        {
            PartitionChange wanted = change(ImageOf(cluster, partition));
            Result<MetadataOutcome> result = await cluster.Metadata.ProposeAsync(new AlterPartitionsCommand([wanted]), CancellationToken.None);
            return result.IsOk && ImageOf(cluster, partition).PartitionEpoch > wanted.Expected && (wanted.Assignment is not { } made || ImageOf(cluster, partition).Replicas.Equals(made.Replicas));
        },
        "the change was made");

    private static NodeList ListOf(string? name) => name is null ? NodeList.Empty : NodeList.Of(new NodeId(name));

    private static TopicPartition Partition(TestCluster cluster, int index) => cluster.Partition with { Partition = new PartitionIndex(index) };

    private static string Last(TestCluster cluster) => Partition(cluster, Topic(cluster).Partitions.Count - 1).ToString();

    private static TopicImage Topic(TestCluster cluster) => cluster.Metadata.Image.TryGetTopic(cluster.Partition.Topic, out TopicImage? topic) ? topic : throw new InvalidOperationException("no topic");

    private static PartitionImage ImageOf(TestCluster cluster, int index) =>
        cluster.Metadata.Image.TryGetPartition(Partition(cluster, index), out PartitionImage? image) ? image : throw new InvalidOperationException("no partition");

    private static ILogDirectory PartitionsOf(TestCluster cluster) => cluster["n3"].Disk.Root.Subdirectory("partitions");
}
