using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>L1-L5 of semantics.md and M1-M3 of reliability.md 3.6, in apply and in the policy that feeds it.</summary>
public sealed class ElectionTests
{
    [Fact]
    public void L1_a_live_member_of_the_isr_leads_in_the_order_of_preference()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);

        cluster.Die(0);

        PartitionImage partition = cluster.Partition();
        Assert.Equal((Node(1), Nodes(1, 2)), (partition.Leader, partition.InSync));
        Assert.Equal((1, 1), (partition.LeaderEpoch.Value, partition.PartitionEpoch.Value));
    }

    [Fact]
    public void L1_the_elr_leads_when_nobody_of_the_isr_is_there()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        cluster.Die(0);
        cluster.Die(1);
        cluster.Die(2);
        Assert.Equal((null, Nodes(2), Nodes(1)), (cluster.Partition().Leader, cluster.Partition().InSync, cluster.Partition().EligibleLeaders));

        cluster.ComeBack(0);
        Assert.Null(cluster.Partition().Leader);
        cluster.ComeBack(1);

        Assert.Equal((Node(1), Nodes(1), Nodes(2)), (cluster.Partition().Leader, cluster.Partition().InSync, cluster.Partition().EligibleLeaders));
        Assert.Empty(cluster.Image.Events);
    }

    /// <summary>Seed cluster-211: the one that had stopped with everything on its disk was taken out, and the set was a disk that was lost.</summary>
    [Fact]
    public void L1_an_isr_that_is_gone_as_a_whole_keeps_those_that_stopped()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        cluster.Apply(new AlterBrokerCommand(Node(1), cluster.Epoch(1), BrokerChange.Stop));
        cluster.Apply(new AlterBrokerCommand(Node(0), cluster.Epoch(0), BrokerChange.Fence));
        cluster.Apply(new AlterBrokerCommand(Node(1), cluster.Epoch(1), BrokerChange.Fence));

        cluster.Settle();

        Assert.Equal((null, Nodes(0, 1)), (cluster.Partition().Leader, cluster.Partition().InSync));
    }

    [Fact]
    public void L1_the_last_known_leader_leads_only_if_the_topic_allows_it()
    {
        foreach (bool isAllowed in (bool[])[false, true])
        {
            TestCluster cluster = Of(3);
            cluster.Create(1, Nodes(0, 1, 2), minInSync: 1, TopicFlushMode.None, isAllowed);
            cluster.Register(Node(0)); // comes back unclean and lost its place; the other two die before anybody is elected
            cluster.Apply(new AlterBrokerCommand(Node(1), cluster.Epoch(1), BrokerChange.Fence));
            cluster.Apply(new AlterBrokerCommand(Node(2), cluster.Epoch(2), BrokerChange.Fence));
            cluster.Settle();
            Assert.Equal((Node(0), null, Nodes(1, 2)), (cluster.Partition().LastKnownLeader, cluster.Partition().Leader, cluster.Partition().InSync));

            cluster.Unfence(cluster.Broker(0));
            cluster.Settle();

            Assert.Equal(isAllowed ? Node(0) : null, cluster.Partition().Leader);
        }
    }

    [Fact]
    public void L1_without_anybody_the_partition_is_offline_and_keeps_its_isr()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        cluster.Die(0);
        cluster.Die(1);

        PartitionImage partition = cluster.Partition();
        Assert.Equal((null, Nodes(1), Node(1)), (partition.Leader, partition.InSync, partition.LastKnownLeader));
    }

    [Fact]
    public void L2_who_leaves_an_isr_below_the_minimum_stays_eligible_until_it_is_reached_again()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);

        Assert.False(cluster.ProposeInSync(Nodes(0, 1)).IsRefused);
        Assert.Empty(cluster.Partition().EligibleLeaders);
        Assert.False(cluster.ProposeInSync(Nodes(0)).IsRefused);
        Assert.Equal(Nodes(1), cluster.Partition().EligibleLeaders);
        Assert.False(cluster.ProposeInSync(Nodes(0, 2)).IsRefused);
        Assert.Empty(cluster.Partition().EligibleLeaders);
    }

    [Theory]
    [InlineData(TopicFlushMode.None, false)]
    [InlineData(TopicFlushMode.Interval, false)]
    [InlineData(TopicFlushMode.Flush, true)]
    public void L3_an_unclean_stop_costs_the_place_in_the_isr_unless_the_topic_flushes_before_it_acknowledges(TopicFlushMode mode, bool keepsPlace)
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, mode);

        cluster.Register(Node(2));

        Assert.Equal(keepsPlace ? Nodes(0, 1, 2) : Nodes(0, 1), cluster.Partition().InSync);
        Assert.Empty(cluster.Partition().EligibleLeaders);
    }

    [Fact]
    public void L3_a_clean_stop_costs_nothing()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, TopicFlushMode.None);

        cluster.Register(Node(2), previous: cluster.Epoch(2));

        Assert.Equal(Nodes(0, 1, 2), cluster.Partition().InSync);
    }

    [Fact]
    public void L3_the_marker_of_an_older_registration_vouches_for_nothing()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, TopicFlushMode.None);
        BrokerEpoch old = cluster.Epoch(2);
        cluster.Register(Node(2), previous: old);

        cluster.Register(Node(2), previous: old);

        Assert.Equal(Nodes(0, 1), cluster.Partition().InSync);
    }

    [Fact]
    public void L3_an_unclean_stop_costs_the_place_in_the_elr_too()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, TopicFlushMode.None);
        cluster.Die(0);
        cluster.Die(1);
        Assert.Equal(Nodes(1), cluster.Partition().EligibleLeaders);

        cluster.ComeBack(1);

        Assert.Empty(cluster.Partition().EligibleLeaders);
        Assert.Equal(Nodes(2), cluster.Partition().InSync);
    }

    [Fact]
    public void L3_a_topic_that_flushes_only_since_a_moment_ago_is_not_trusted_before_the_next_registration()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1, TopicFlushMode.None);
        cluster.Apply<MetadataOutcome.TopicAltered>(new AlterTopicCommand(Sample.Id(1), cluster.Topic().Settings with { FlushMode = TopicFlushMode.Flush }, cluster.Topic().Version));

        cluster.Register(Node(1));
        Assert.Equal(Nodes(0), cluster.Partition().InSync);
        cluster.Unfence(cluster.Broker(1));
        cluster.ProposeInSync(Nodes(0, 1));
        cluster.Register(Node(1));

        Assert.Equal(Nodes(0, 1), cluster.Partition().InSync);
    }

    [Fact]
    public void L3_another_disk_costs_every_place_whatever_the_flush_mode()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        cluster.AssertRefused(ErrorCode.PreconditionFailed, new RegisterBrokerCommand(Node(2), new Guid(9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), Sample.Endpoints("x", 1), null, BrokerEpoch.None));
        cluster.Die(1);
        cluster.Die(2);

        cluster.ComeBack(2, disk: 9);

        Assert.Equal((Node(0), Nodes(0), NodeList.Empty), (cluster.Partition().Leader, cluster.Partition().InSync, cluster.Partition().EligibleLeaders));
    }

    [Fact]
    public void L3_the_last_replica_keeps_its_place_and_it_is_recorded()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1, TopicFlushMode.None);
        cluster.Die(0);
        cluster.Die(1);

        cluster.ComeBack(1);

        Assert.Equal((Node(1), Nodes(1)), (cluster.Partition().Leader, cluster.Partition().InSync));
        ClusterEvent recorded = Assert.Single(cluster.Image.Events);
        Assert.Equal((ClusterEventKind.LastReplicaUnclean, Node(1)), (recorded.Kind, recorded.Leader));
    }

    [Fact]
    public void L3_the_last_replica_with_another_disk_leaves_nobody_to_lead()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        cluster.Die(1);
        cluster.Die(0);

        cluster.ComeBack(0, disk: 2);
        cluster.ComeBack(1);

        Assert.Equal((null, NodeList.Empty, null), (cluster.Partition().Leader, cluster.Partition().InSync, cluster.Partition().LastKnownLeader));
        Assert.Equal(ClusterEventKind.LastReplicaLost, Assert.Single(cluster.Image.Events).Kind);
        Assert.Null(cluster.Decide(cluster.Change(Node(1), Nodes(1), ElectionKind.Forced)));
        Assert.Equal(Node(1), cluster.Partition().Leader);
    }

    [Theory]
    [InlineData(TopicFlushMode.Flush)]
    [InlineData(TopicFlushMode.None)]
    public void L6_three_brokers_killed_at_once_lead_again_when_they_are_back_in_any_order(TopicFlushMode mode)
    {
        foreach (int[] order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]])
        {
            TestCluster cluster = Of(3);
            cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, mode);

            foreach (int broker in order)
            {
                cluster.Register(Node(broker)); // before anybody noticed that they were gone
            }

            foreach (int broker in order)
            {
                cluster.Unfence(cluster.Broker(broker));
            }

            cluster.Settle();
            Assert.NotNull(cluster.Partition().Leader);
            Assert.Equal(mode == TopicFlushMode.Flush ? Nodes(0, 1, 2) : Nodes(order[2]), cluster.Partition().InSync);
        }
    }

    [Fact]
    public void L4_a_changed_minimum_clears_the_elr()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        cluster.ProposeInSync(Nodes(0, 1));
        cluster.ProposeInSync(Nodes(0));
        PartitionImage before = cluster.Partition();
        Assert.Equal(Nodes(1), before.EligibleLeaders);

        cluster.Apply<MetadataOutcome.TopicAltered>(new AlterTopicCommand(Sample.Id(1), cluster.Topic().Settings with { RetentionMillis = 5000 }, cluster.Topic().Version));
        Assert.Equal(Nodes(1), cluster.Partition().EligibleLeaders);
        cluster.Apply<MetadataOutcome.TopicAltered>(new AlterTopicCommand(Sample.Id(1), cluster.Topic().Settings with { MinInSyncReplicas = 3 }, cluster.Topic().Version));

        Assert.Empty(cluster.Partition().EligibleLeaders);
        Assert.Equal(before.PartitionEpoch.Next, cluster.Partition().PartitionEpoch);
    }

    [Fact]
    public void L4_a_minimum_above_the_replicas_is_refused()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        TopicSettings more = cluster.Topic().Settings with { ReplicationFactor = 3, MinInSyncReplicas = 3 };
        cluster.AssertRefused(ErrorCode.InvalidReplicationFactor, new AlterTopicCommand(Sample.Id(1), more, cluster.Topic().Version));
    }

    [Fact]
    public void L5_an_unclean_election_needs_leave_and_is_recorded()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 1);
        cluster.Create(2, Nodes(0, 1, 2), minInSync: 1, unclean: true);
        foreach (int topic in (int[])[1, 2])
        {
            cluster.ProposeInSync(Nodes(0), topic);
        }

        Assert.Equal(ErrorCode.InvalidConfiguration, cluster.Decide(cluster.Change(Node(1), Nodes(1), ElectionKind.Unclean))?.Code);
        Assert.Empty(cluster.Image.Events);
        Assert.Null(cluster.Decide(cluster.Change(Node(1), Nodes(1), ElectionKind.Unclean, topic: 2) with { AtRisk = new(new Offset(10), new Offset(12)) }));

        ClusterEvent recorded = Assert.Single(cluster.Image.Events);
        Assert.Equal(
            new ClusterEvent(cluster.Image.Version, ClusterEventKind.UncleanElection, new(Sample.Id(2), new(0)), Node(1), Node(0), new(1), new(new Offset(10), new Offset(12))),
            recorded);
        Assert.Equal(1, cluster.Image.EventCount);
        Assert.Equal((Nodes(1), NodeList.Empty), (cluster.Partition(2).InSync, cluster.Partition(2).EligibleLeaders));
    }

    [Fact]
    public void L5_the_history_of_events_is_bounded_and_counts_on()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1);
        for (int i = 0; i < 1010; i++)
        {
            int next = (i + 1) % 2;
            Assert.Null(cluster.Decide(cluster.Change(Node(next), Nodes(next), ElectionKind.Forced)));
        }

        Assert.Equal((1000, 1010L), (cluster.Image.Events.Count, cluster.Image.EventCount));
        Assert.Equal(cluster.State.Digest, MetadataState.ReadSnapshot(cluster.State.Snapshot()).Value.Digest);
    }

    [Fact]
    public void M3_a_leader_outside_isr_and_elr_is_refused()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 2);
        cluster.ProposeInSync(Nodes(0, 1));

        Assert.Equal(ErrorCode.InvalidArgument, cluster.Decide(cluster.Change(Node(2), Nodes(2)))?.Code);
        Assert.Equal(ErrorCode.InvalidArgument, cluster.Decide(cluster.Change(Node(0), Nodes(0, 1, 2)))?.Code);
        Assert.Equal(ErrorCode.InvalidArgument, cluster.Decide(cluster.Change(null, NodeList.Empty))?.Code);
        Assert.Equal((Node(0), Nodes(0, 1)), (cluster.Partition().Leader, cluster.Partition().InSync));
    }

    [Fact]
    public void A_fenced_or_stopping_broker_is_not_made_leader()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 1);
        cluster.Apply(new AlterBrokerCommand(Node(1), cluster.Epoch(1), BrokerChange.Fence));
        cluster.Apply(new AlterBrokerCommand(Node(2), cluster.Epoch(2), BrokerChange.Stop));

        Assert.Equal(ErrorCode.PreconditionFailed, cluster.Decide(cluster.Change(Node(1), Nodes(1)))?.Code);
        Assert.Equal(ErrorCode.PreconditionFailed, cluster.Decide(cluster.Change(Node(2), Nodes(2)))?.Code);
    }

    [Fact]
    public void A_change_based_on_an_older_state_is_left_out_and_the_others_go_on()
    {
        TestCluster cluster = Of(2);
        cluster.Create(1, Nodes(0, 1), minInSync: 1, partitions: 2);
        PartitionChange stale = cluster.Change(Node(1), Nodes(0, 1)) with { Expected = new(5) };
        PartitionChange fresh = cluster.Change(Node(1), Nodes(0, 1), index: 1);

        MetadataOutcome.PartitionsAltered altered = cluster.Apply<MetadataOutcome.PartitionsAltered>(new AlterPartitionsCommand([stale, fresh]));

        Assert.Equal((1, ErrorCode.PreconditionFailed), (altered.Applied, Assert.Single(altered.Refusals).Reason.Code));
        Assert.Equal((Node(0), Node(1)), (cluster.Partition().Leader, cluster.Partition(index: 1).Leader));
    }

    [Fact]
    public void A_restarted_broker_leads_nothing_until_it_is_elected_again_under_a_new_epoch()
    {
        TestCluster cluster = Of(1);
        cluster.Create(1, Nodes(0), minInSync: 1);

        cluster.Register(Node(0));
        Assert.Equal((null, 1), (cluster.Partition().Leader, cluster.Partition().LeaderEpoch.Value));
        cluster.Settle();
        Assert.Null(cluster.Partition().Leader); // fenced
        cluster.Unfence(cluster.Broker(0));
        cluster.Settle();

        Assert.Equal((Node(0), 2), (cluster.Partition().Leader, cluster.Partition().LeaderEpoch.Value));
    }
}
