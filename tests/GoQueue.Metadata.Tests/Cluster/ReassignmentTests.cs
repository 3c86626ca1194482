using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>Moving replicas, draining nodes, stopping brokers, preferred leaders.</summary>
public sealed class ReassignmentTests
{
    [Fact]
    public void A_replica_moves_in_three_steps_and_the_old_one_goes_last()
    {
        TestCluster cluster = Of(4);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);

        Start(cluster, Nodes(3, 1, 2));
        Assert.Equal((Nodes(3, 1, 2, 0), Nodes(3), Nodes(0)), (cluster.Partition().Replicas, cluster.Partition().Adding, cluster.Partition().Removing));
        Assert.Equal((1, 1), (cluster.Image.Reassigning.Count, cluster.Image.ReassignmentTotal));
        Assert.Equal(0, cluster.Settle());

        cluster.ProposeInSync(Nodes(0, 1, 2, 3));
        cluster.Settle();

        PartitionImage done = cluster.Partition();
        Assert.Equal((Nodes(3, 1, 2), Nodes(3, 1, 2), Node(3), false), (done.Replicas, done.InSync, done.Leader, done.IsReassigning));
        Assert.Equal((0, 0), (cluster.Image.Reassigning.Count, cluster.Image.ReassignmentTotal));
        Assert.Empty(cluster.Image.TopicsOn(Node(0)));
        Assert.Single(cluster.Image.TopicsOn(Node(3)));
    }

    [Fact]
    public void A_move_goes_on_when_the_old_leader_dies_and_waits_when_the_new_replica_does()
    {
        TestCluster cluster = Of(4);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        Start(cluster, Nodes(3, 1, 2));

        cluster.Die(0);
        Assert.Equal((Node(1), Nodes(1, 2)), (cluster.Partition().Leader, cluster.Partition().InSync));
        cluster.Die(3);
        Assert.True(cluster.Partition().IsReassigning);
        cluster.ComeBack(3);
        cluster.ProposeInSync(Nodes(1, 2, 3));
        cluster.Settle();

        Assert.Equal(Nodes(3, 1, 2), cluster.Partition().Replicas);
        Assert.Equal(Node(1), cluster.Partition().Leader);
    }

    [Fact]
    public void A_cancelled_move_leaves_what_was_there()
    {
        TestCluster cluster = Of(4);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        Start(cluster, Nodes(3, 2, 1));
        cluster.ProposeInSync(Nodes(0, 1, 2));

        Assert.Null(cluster.Decide(ReassignmentPolicy.Cancel(cluster.Topic(), cluster.Partition(), cluster.View).Value!));

        Assert.Equal(Nodes(0, 1, 2), NodeList.From(cluster.Partition().Replicas.Order()));
        Assert.Equal((Node(0), false), (cluster.Partition().Leader, cluster.Partition().IsReassigning));
    }

    [Fact]
    public void The_number_of_replicas_grows_and_shrinks_and_never_below_the_minimum_in_sync()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0), minInSync: 1);
        Start(cluster, Nodes(0, 1, 2));
        cluster.ProposeInSync(Nodes(0, 1, 2));
        cluster.Settle();
        cluster.Apply<MetadataOutcome.TopicAltered>(
            new AlterTopicCommand(Sample.Id(1), cluster.Topic().Settings with { ReplicationFactor = 3, MinInSyncReplicas = 2 }, cluster.Topic().Version));

        Assert.Equal(ErrorCode.InvalidReplicationFactor, ReassignmentPolicy.Start(cluster.Topic(), cluster.Partition(), Nodes(1), cluster.View).Error.Code);
        Assert.Equal(ErrorCode.UnknownNode, ReassignmentPolicy.Start(cluster.Topic(), cluster.Partition(), Nodes(1, 8), cluster.View).Error.Code);
        Start(cluster, Nodes(1, 2));
        cluster.Settle();
        Assert.Equal((Nodes(1, 2), Node(1)), (cluster.Partition().Replicas, cluster.Partition().Leader));
    }

    [Fact]
    public void A_plan_fills_a_new_node_and_then_has_nothing_left_to_do()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, partitions: 40);
        cluster.Start(Node(3));

        IReadOnlyList<ReplicaMove> plan = ReassignmentPlan.Balance(cluster.Image).Value;
        Assert.Equal(30, plan.Sum(move => move.AddedCount));
        Arrive(cluster, plan);

        int[] replicas = [.. Enumerable.Range(0, 4).Select(broker => cluster.Topic().Partitions.Count(partition => partition.Replicas.Contains(Node(broker))))];
        int[] preferred = [.. Enumerable.Range(0, 4).Select(broker => cluster.Topic().Partitions.Count(partition => partition.PreferredLeader == Node(broker)))];
        Assert.Equal([30, 30, 30, 30], replicas);
        Assert.All(preferred, count => Assert.InRange(count, 9, 11));
        Assert.Empty(ReassignmentPlan.Balance(cluster.Image).Value);
    }

    [Fact]
    public void A_plan_brings_topics_to_their_replication_factor()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0), minInSync: 1, partitions: 6);
        cluster.Apply<MetadataOutcome.TopicAltered>(new AlterTopicCommand(Sample.Id(1), cluster.Topic().Settings with { ReplicationFactor = 3 }, cluster.Topic().Version));

        Arrive(cluster, ReassignmentPlan.Balance(cluster.Image).Value);

        Assert.All(cluster.Topic().Partitions, partition => Assert.Equal(3, partition.Replicas.Count));
    }

    [Fact]
    public void A_drained_node_hands_over_and_becomes_empty_dead_or_alive()
    {
        foreach (bool isDead in (bool[])[false, true])
        {
            TestCluster cluster = Of(4);
            cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, partitions: 9);
            if (isDead)
            {
                cluster.Die(0);
            }

            cluster.Apply(new AlterBrokerCommand(Node(0), BrokerEpoch.None, BrokerChange.Drain));
            cluster.Settle();
            Assert.All(cluster.Topic().Partitions, partition => Assert.NotEqual(Node(0), partition.Leader));
            Arrive(cluster, ReassignmentPlan.Drain(cluster.Image, Node(0)).Value);

            Assert.Empty(cluster.Image.TopicsOn(Node(0)));
            Assert.All(cluster.Topic().Partitions, partition => Assert.Equal(3, partition.Replicas.Count));
            cluster.Apply(new AlterBrokerCommand(Node(0), cluster.Epoch(0), BrokerChange.Fence));
            cluster.Apply<MetadataOutcome.BrokerUnregistered>(new UnregisterBrokerCommand(Node(0), cluster.Epoch(0)));
            Assert.Equal(3, cluster.Image.Brokers.Count);
        }
    }

    [Fact]
    public void Draining_without_room_elsewhere_is_an_error_and_a_node_with_replicas_is_not_removed()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);

        Assert.Equal(ErrorCode.InvalidReplicationFactor, ReassignmentPlan.Drain(cluster.Image, Node(0)).Error.Code);
        cluster.Die(0);
        cluster.AssertRefused(ErrorCode.PreconditionFailed, new UnregisterBrokerCommand(Node(0), cluster.Epoch(0)));
        cluster.AssertRefused(ErrorCode.StaleBrokerEpoch, new UnregisterBrokerCommand(Node(0), new BrokerEpoch(99)));
        cluster.AssertRefused(ErrorCode.UnknownNode, new UnregisterBrokerCommand(Node(7), new BrokerEpoch(1)));
    }

    [Fact]
    public void A_stopping_broker_hands_over_leaves_the_isr_and_may_stop_when_nobody_else_can_take_more()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        cluster.Create(2, Nodes(0), minInSync: 1);
        cluster.Apply(new AlterBrokerCommand(Node(0), cluster.Epoch(0), BrokerChange.Stop));
        Assert.False(ControllerPolicy.MayStop(cluster.Broker(0), cluster.View));

        cluster.Settle();

        Assert.Equal((Node(1), Nodes(1, 2)), (cluster.Partition().Leader, cluster.Partition().InSync));
        Assert.Equal(Node(0), cluster.Partition(2).Leader);
        Assert.True(ControllerPolicy.MayStop(cluster.Broker(0), cluster.View));
    }

    [Fact]
    public void Leaderships_go_back_to_the_preferred_replicas_that_are_in_sync()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, partitions: 5);
        cluster.Die(0);
        cluster.ComeBack(0, isClean: true);
        Assert.Empty(ControllerPolicy.PreferredLeaders(cluster.View, 100));
        cluster.ProposeInSync(Nodes(0, 1, 2), index: 3);

        PartitionChange change = Assert.Single(ControllerPolicy.PreferredLeaders(cluster.View, 100));
        Assert.Null(cluster.Decide(change));

        Assert.Equal((3, Node(0)), (change.Partition.Partition.Value, cluster.Partition(index: 3).Leader));
    }

    [Fact]
    public void A_replica_whose_log_failed_makes_room_if_others_hold_everything()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 2);

        Assert.Null(cluster.Decide(PartitionPolicy.WithoutFailed(cluster.Topic(), cluster.Partition(), Node(0), cluster.View)!));

        Assert.Equal((Node(1), Nodes(1), NodeList.Empty), (cluster.Partition().Leader, cluster.Partition().InSync, cluster.Partition().EligibleLeaders));
        Assert.Null(PartitionPolicy.WithoutFailed(cluster.Topic(), cluster.Partition(), Node(1), cluster.View));
    }

    [Fact]
    public void An_operator_moves_a_leadership_to_whom_it_is_safe_or_forces_it()
    {
        TestCluster cluster = Of(4);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 1);
        cluster.ProposeInSync(Nodes(0, 1));
        Result<PartitionChange> To(int node, bool isForced = false) => PartitionPolicy.Transfer(cluster.Topic(), cluster.Partition(), Node(node), isForced, cluster.View);

        Assert.Equal(ErrorCode.InvalidArgument, To(3).Error.Code);
        Assert.Equal(ErrorCode.PreconditionFailed, To(2).Error.Code);
        Assert.Null(cluster.Decide(To(1).Value));
        Assert.Equal((Node(1), Nodes(0, 1)), (cluster.Partition().Leader, cluster.Partition().InSync));
        Assert.Null(cluster.Decide(To(2, isForced: true).Value));
        Assert.Equal((Node(2), Nodes(2)), (cluster.Partition().Leader, cluster.Partition().InSync));
        Assert.Single(cluster.Image.Events);
    }

    private static void Start(TestCluster cluster, NodeList target, int index = 0) =>
        Assert.Null(cluster.Decide(ReassignmentPolicy.Start(cluster.Topic(), cluster.Partition(index: index), target, cluster.View).Value!));

    private static void Arrive(TestCluster cluster, IReadOnlyList<ReplicaMove> plan)
    {
        foreach (ReplicaMove move in plan)
        {
            Start(cluster, move.To, move.Partition.Partition.Value);
        }

        for (int i = 0; i < cluster.Topic().Partitions.Count; i++)
        {
            PartitionImage partition = cluster.Partition(index: i);
            if (partition.Adding.Count > 0)
            {
                Assert.False(cluster.ProposeInSync(partition.InSync.With(partition.Adding), index: i).IsRefused);
            }
        }

        cluster.Settle();
        Assert.Empty(cluster.Image.Reassigning);
    }
}
