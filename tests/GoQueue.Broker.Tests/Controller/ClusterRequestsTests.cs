using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;
using static GoQueue.Broker.Tests.Controller.TestMembers;

namespace GoQueue.Broker.Tests.Controller;

/// <summary>What administrators ask, on any node.</summary>
public sealed class ClusterRequestsTests
{
    [Fact]
    public void Info_health_brokers_and_partitions_say_what_is()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(1, 2, 3), partitions: 4);
        members.Create(Nodes(3), minInSync: 1);
        Assert.True(members.Requests(2).Health().IsHealthy);

        members.Kill(3, isNoticed: true);
        members.Until(() => members.Broker(3).IsFenced, 100, "it is fenced");
        members.Until(() => members.Requests(2).Health() is { OfflinePartitions: 1, UnderReplicatedPartitions: 4 }, 100, "everything is settled");

        ClusterHealth health = members.Requests(2).Health();
        Assert.Equal((false, 0, 0), (health.IsHealthy, health.UnderMinInSyncPartitions, health.NotPreferredPartitions));
        Assert.Equal(Node(3), Assert.Single(health.FencedBrokers));
        Assert.Equal((Node(1), 3, 2, 5), (members.Requests(2).Info().Controller, members.Requests(2).Info().BrokerCount, members.Requests(2).Info().TopicCount, members.Requests(2).Info().PartitionCount));
        Assert.Equal([(true, 4, 4), (false, 4, 0), (false, 5, 0)], members.Requests(1).Brokers().Select(broker => (broker.IsController, broker.Replicas, broker.Leaders)));
        Assert.Equal(4, members.Requests(1).Partitions(new PartitionFilter { Topic = topic.Name }).Value.Count);
        Assert.Single(members.Requests(1).Partitions(new PartitionFilter { IsOffline = true }).Value);
        Assert.Equal(5, members.Requests(1).Partitions(new PartitionFilter { Node = Node(3), IsUnderReplicated = false }).Value.Count);
        Assert.Equal(ErrorCode.UnknownTopic, members.Requests(1).Partitions(new PartitionFilter { Topic = "none" }).Error.Code);
    }

    [Fact]
    public void A_planned_reassignment_runs_shows_its_progress_and_can_be_turned_back()
    {
        using TestMembers members = Of(4);
        TopicImage topic = members.Create(Nodes(1, 2, 3), partitions: 8);
        IReadOnlyList<ReplicaMove> plan = members.Requests(2).PlanReassignment([topic.Name]).Value;
        Assert.Equal(6, plan.Sum(move => move.AddedCount));
        WantedReplicas[] wanted = [.. plan.Select(move => new WantedReplicas(move.TopicName, move.Partition.Partition.Value, move.To))];

        ReassignmentProgress begun = members.Context.Await(() => members.Requests(2).StartReassignmentAsync(wanted, 1 << 20, CancellationToken.None)).Value;
        Assert.Equal((begun.Moving.Count, 0, 1 << 20), (begun.Total, begun.Done, begun.BytesPerSecond));
        Assert.All(begun.Moving, moving => Assert.Empty(moving.CaughtUp));
        int moved = begun.Total;

        ReassignmentProgress back = members.Context.Await(() => members.Requests(3).CancelReassignmentAsync(null, CancellationToken.None)).Value;
        Assert.Empty(back.Moving);
        members.Context.Await(() => members.Requests(2).StartReassignmentAsync(wanted, null, CancellationToken.None));
        members.CatchUp(topic);
        members.Until(() => members.Requests(2).Reassignment().Moving.Count == 0, 1000, "everything has arrived");

        Assert.True(moved > 0);
        Assert.Equal(6, members.Topic(topic).Partitions.Count(partition => partition.Replicas.Contains(Node(4))));
        Assert.All(members.Topic(topic).Partitions, partition => Assert.Equal(3, partition.Replicas.Count));
        Assert.Empty(members.Requests(2).PlanReassignment(null).Value);
    }

    [Fact]
    public void Wrong_moves_are_refused_whole()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(1, 2));
        Assert.Equal(ErrorCode.UnknownTopic, Start(new WantedReplicas("none", 0, Nodes(1, 2))));
        Assert.Equal(ErrorCode.UnknownPartition, Start(new WantedReplicas(topic.Name, 1, Nodes(1, 2))));
        Assert.Equal(ErrorCode.UnknownNode, Start(new WantedReplicas(topic.Name, 0, Nodes(1, 9))));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, Start(new WantedReplicas(topic.Name, 0, Nodes(1))));
        Assert.Equal(ErrorCode.InvalidArgument, Start(new WantedReplicas(topic.Name, 0, Nodes(1, 3)), new WantedReplicas(topic.Name, 0, Nodes(2, 3))));
        Assert.Equal(ErrorCode.InvalidArgument, members.Context.Await(() => members.Requests(1).SetReassignmentRateAsync(5, CancellationToken.None))?.Code);
        Assert.Empty(members.Image.Reassigning);

        ErrorCode Start(params WantedReplicas[] moves) =>
            members.Context.Await(() => members.Requests(1).StartReassignmentAsync(moves, null, CancellationToken.None)).Error.Code;
    }

    [Fact]
    public void A_node_is_drained_stopped_and_removed()
    {
        using TestMembers members = Of(4);
        TopicImage topic = members.Create(Nodes(1, 2, 3), partitions: 6);
        members.Metadata.Members.AddRange(Enumerable.Range(1, 4).Select(i => new QuorumMember(Node(i), members[i].Incarnation, Node(i).Value, 7000)));

        Assert.True(members.Context.Await(() => members.Requests(2).DrainAsync(Node(1), CancellationToken.None)).IsOk);
        members.Until(() => members.Topic(topic).Partitions.All(partition => partition.Leader != Node(1)), 100, "it hands over");
        members.CatchUp(topic);
        members.Until(() => !members.Image.TopicsOn(Node(1)).Any(), 1000, "it is empty");
        Assert.Equal(ErrorCode.PreconditionFailed, Remove()?.Code);
        Assert.Equal(ErrorCode.UnknownNode, members.Context.Await(() => members.Requests(2).RemoveAsync(Node(9), CancellationToken.None))?.Code);
        members.Metadata.Lead(Node(2));
        members.Stop(1);
        members.Until(() => members.Broker(1).IsFenced, 100, "it is gone");

        Assert.Null(Remove());

        Assert.Equal(3, members.Image.Brokers.Count);
        Assert.Contains(members.Metadata.Steps, step => step.StartsWith("remove n1", StringComparison.Ordinal));

        Error? Remove() => members.Context.Await(() => members.Requests(2).RemoveAsync(Node(1), CancellationToken.None));
    }

    [Fact]
    public void Draining_without_room_changes_nothing_and_can_be_taken_back_with_room()
    {
        using TestMembers members = Of(3);
        members.Create(Nodes(1, 2, 3));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, members.Context.Await(() => members.Requests(1).DrainAsync(Node(2), CancellationToken.None)).Error.Code);
        Assert.False(members.Broker(2).IsDraining);
        Assert.Equal(ErrorCode.UnknownNode, members.Context.Await(() => members.Requests(1).DrainAsync(Node(9), CancellationToken.None)).Error.Code);

        members.Start(4);
        members.Until(() => members.Image.Brokers.Count(broker => !broker.IsFenced) == 4, 1000, "there is room");
        Assert.True(members.Context.Await(() => members.Requests(1).DrainAsync(Node(2), CancellationToken.None)).IsOk);
        Assert.True(members.Broker(2).IsDraining);
        Assert.Null(members.Context.Await(() => members.Requests(1).UndrainAsync(Node(2), CancellationToken.None)));
        Assert.False(members.Broker(2).IsDraining);
    }

    [Fact]
    public void Leaderships_are_transferred_by_name_to_the_preferred_and_by_force()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(1, 2, 3), partitions: 2);
        Assert.Equal(Node(3), Transfer(Node(3), false).Value.Partition.Leader);
        Assert.Equal(Node(1), Transfer(null, false).Value.Partition.Leader);
        Assert.Equal(ErrorCode.InvalidArgument, Transfer(Node(7), false).Error.Code);
        members.Kill(3, isNoticed: true);
        members.Until(() => members.Topic(topic).Partitions.All(partition => !partition.InSync.Contains(Node(3))), 100, "it is out of sync");
        members.Start(3);
        members.Until(() => !members.Broker(3).IsFenced, 1000, "it is back");

        Assert.Equal(ErrorCode.PreconditionFailed, Transfer(Node(3), false).Error.Code);
        Assert.Equal(Node(3), Transfer(Node(3), true).Value.Partition.Leader);
        Assert.Equal(Metadata.Events.ClusterEventKind.ForcedElection, Assert.Single(members.Requests(1).Events()).Kind);

        Result<PartitionInfo> Transfer(NodeId? to, bool isForced) =>
            members.Context.Await(() => members.Requests(2).TransferLeaderAsync(topic.Name, 1, to, isForced, CancellationToken.None));
    }

    [Fact]
    public void A_partition_whose_log_failed_goes_on_elsewhere()
    {
        using TestMembers members = Of(2);
        TopicImage topic = members.Create(Nodes(1, 2), minInSync: 1);
        members.Context.Await(async () =>
        {
            await members[1].Member.ReportFailureAsync(new TopicPartition(topic.Id, new PartitionIndex(0)));
            return true;
        });

        PartitionImage partition = members.Topic(topic).Partitions[0];
        Assert.Equal((Node(2), Nodes(2)), (partition.Leader, partition.InSync));
    }

    [Fact]
    public void A_change_that_lost_its_race_is_decided_again()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(1, 2, 3));
        members[2].Metadata.IsCutOff = true; // an old image
        members.Metadata.Decide(new AlterPartitionsCommand([new PartitionChange
        {
            Partition = new(topic.Id, new(0)), Expected = PartitionEpoch.Zero, Leader = Node(2), InSync = Nodes(1, 2, 3),
        }]));
        members[2].Metadata.IsCutOff = false;

        Result<PartitionInfo> moved = members.Context.Await(() => members.Requests(2).TransferLeaderAsync(topic.Name, 0, Node(3), false, CancellationToken.None));

        Assert.Equal(Node(3), moved.Value.Partition.Leader);
    }
}
