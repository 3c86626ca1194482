using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>R6: what a leader may make of its ISR.</summary>
public sealed class InSyncTests
{
    private static readonly TopicPartition Id = new(Sample.Id(1), new PartitionIndex(0));

    [Fact]
    public void R6_a_caught_up_replica_joins()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        cluster.ProposeInSync(Nodes(0, 1));

        MetadataOutcome outcome = cluster.ProposeInSync(Nodes(2, 0, 1));

        Assert.Equal(Nodes(0, 1, 2), Assert.IsType<MetadataOutcome.InSyncAltered>(outcome).Partition.InSync);
    }

    [Fact]
    public void R6_a_proposal_based_on_an_older_partition_epoch_is_refused()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        cluster.ProposeInSync(Nodes(0, 1));

        cluster.AssertRefused(ErrorCode.PreconditionFailed, Proposal(cluster, Nodes(0, 2)) with { Expected = PartitionEpoch.Zero });
    }

    [Fact]
    public void R6_a_replica_that_restarted_since_it_was_seen_caught_up_is_refused()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, TopicFlushMode.None);
        BrokerEpoch seen = cluster.Epoch(2);
        cluster.Start(Node(2));
        Assert.Equal(Nodes(0, 1), cluster.Partition().InSync);

        AlterInSyncCommand proposal = Proposal(cluster, Nodes(0, 1, 2));
        cluster.AssertRefused(ErrorCode.StaleBrokerEpoch, proposal with { Members = [proposal.Members[0], proposal.Members[1], new(Node(2), seen)] });
        Assert.False(cluster.Apply(proposal).IsRefused);
    }

    [Fact]
    public void R6_a_fenced_or_stopping_broker_does_not_join_and_a_stopping_one_may_stay()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 1);
        cluster.ProposeInSync(Nodes(0, 1));
        cluster.Apply(new AlterBrokerCommand(Node(2), cluster.Epoch(2), BrokerChange.Fence));
        cluster.AssertRefused(ErrorCode.PreconditionFailed, Proposal(cluster, Nodes(0, 1, 2)));

        cluster.Unfence(cluster.Broker(2));
        cluster.Apply(new AlterBrokerCommand(Node(1), cluster.Epoch(1), BrokerChange.Stop));
        Assert.False(cluster.ProposeInSync(Nodes(0, 1, 2)).IsRefused);
        cluster.ProposeInSync(Nodes(0, 2));
        cluster.AssertRefused(ErrorCode.PreconditionFailed, Proposal(cluster, Nodes(0, 1, 2)));
    }

    [Fact]
    public void R6_only_the_leader_of_the_epoch_proposes_and_only_replicas()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        Assert.Null(cluster.Decide(cluster.Change(Node(1), Nodes(0, 1))));

        cluster.AssertRefused(ErrorCode.FencedLeaderEpoch, Proposal(cluster, Nodes(0)) with { Leader = Node(0), LeaderEpoch = LeaderEpoch.Zero });
        cluster.AssertRefused(ErrorCode.UnknownLeaderEpoch, Proposal(cluster, Nodes(1)) with { LeaderEpoch = new(2) });
        cluster.AssertRefused(ErrorCode.NotLeader, Proposal(cluster, Nodes(0, 1)) with { Leader = Node(0) });
        cluster.AssertRefused(ErrorCode.InvalidArgument, Proposal(cluster, Nodes(1, 2)));
        cluster.AssertRefused(ErrorCode.UnknownPartition, Proposal(cluster, Nodes(1)) with { Partition = Id with { Partition = new(1) } });
        cluster.AssertRefused(ErrorCode.UnknownTopic, Proposal(cluster, Nodes(1)) with { Partition = new(Sample.Id(9), new(0)) });
    }

    [Fact]
    public void R6_the_same_isr_again_raises_the_partition_epoch_and_so_voids_proposals_made_before()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        PartitionImage before = cluster.Image.Topics[0].Partitions[0];

        Assert.False(cluster.ProposeInSync(Nodes(0, 1)).IsRefused);

        PartitionImage after = cluster.Image.Topics[0].Partitions[0];
        Assert.Equal(before.PartitionEpoch.Next, after.PartitionEpoch);
        Assert.Equal(before with { PartitionEpoch = after.PartitionEpoch }, after);
    }

    [Fact]
    public void M6_a_change_of_a_deleted_topic_is_refused_and_does_not_bring_it_back()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        AlterInSyncCommand proposal = Proposal(cluster, Nodes(0));
        PartitionChange change = cluster.Change(Node(1), Nodes(0, 1));
        cluster.Apply(new DeleteTopicCommand(Sample.Id(1)));

        cluster.AssertRefused(ErrorCode.UnknownTopic, proposal);
        Assert.Equal(ErrorCode.UnknownTopic, cluster.Decide(change)?.Code);
        Assert.False(cluster.Image.TryGetTopic(Sample.Id(1), out _));
    }

    private static AlterInSyncCommand Proposal(TestCluster cluster, NodeList members)
    {
        PartitionImage partition = cluster.Partition();
        return new AlterInSyncCommand(
            Id, partition.Leader!.Value, partition.LeaderEpoch, partition.PartitionEpoch,
            [.. members.Select(node => new InSyncMember(node, cluster.Image.TryGetBroker(node, out var broker) ? broker.Epoch : new(1)))]);
    }
}
