using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata;

/// <summary>Leaders, ISRs and replicas change.</summary>
public sealed partial class MetadataState
{
    private MetadataOutcome.PartitionsAltered AlterPartitions(AlterPartitionsCommand command, long version)
    {
        TopicRegistry registry = Image.Registry;
        List<PartitionRefusal> refusals = [];
        List<ClusterEvent> events = [];
        List<PartitionImage> changed = [];
        for (int i = 0; i < command.Changes.Count; i++)
        {
            PartitionChange change = command.Changes[i];
            bool isKnown = Image.TryGetTopic(change.Partition.Topic, out TopicImage? topic);
            if ((isKnown ? Refuse(topic!, change) : UnknownTopic(change.Partition.Topic).Reason) is { } refusal)
            {
                refusals.Add(new PartitionRefusal(change.Partition, refusal));
            }
            else
            {
                changed.Add(Next(topic!, change, version, events));
            }

            bool isLastOfTopic = i + 1 == command.Changes.Count || command.Changes[i + 1].Partition.Topic != change.Partition.Topic;
            if (isLastOfTopic && changed.Count > 0)
            {
                registry = registry.Replace(topic!.With(changed, version), changed);
                changed.Clear();
            }
        }

        if (refusals.Count < command.Changes.Count)
        {
            Image = Image with { Version = version, Registry = registry, EventHistory = Image.EventHistory.With(events) };
        }

        return new MetadataOutcome.PartitionsAltered(command.Changes.Count - refusals.Count, refusals);
    }

    private static PartitionImage Next(TopicImage topic, PartitionChange change, long version, List<ClusterEvent> events)
    {
        PartitionImage before = topic.Partitions[change.Partition.Partition.Value];
        PartitionImage after = PartitionRules.Next(
            before, change.Leader, change.InSync, change.Assignment, change.Distrusted, change.Election, topic.Settings.MinInSyncReplicas);
        if (change.Election != ElectionKind.Clean)
        {
            Invariant.Check(after.Leader is not null, "an election has a winner");
            ClusterEventKind kind = change.Election == ElectionKind.Forced ? ClusterEventKind.ForcedElection : ClusterEventKind.UncleanElection;
            events.Add(new ClusterEvent(version, kind, change.Partition, after.Leader.Value, before.Leader ?? before.LastKnownLeader, after.LeaderEpoch, change.AtRisk));
        }

        return after;
    }

    /// <summary>Why a change cannot be made, or null. Everything that <see cref="PartitionRules"/> would call a bug is refused here first.</summary>
    private Error? Refuse(TopicImage topic, PartitionChange change)
    {
        if (Find(topic, change.Partition, change.Expected).TryGet(out PartitionImage? before, out Error error) == false)
        {
            return error;
        }

        NodeList replicas = change.Assignment?.Replicas ?? before.Replicas;
        NodeList removing = change.Assignment?.Removing ?? before.Removing;
        if (replicas.Count - removing.Count < topic.Settings.MinInSyncReplicas)
        {
            return new Error(ErrorCode.InvalidReplicationFactor, $"partition {change.Partition} would have {replicas.Count - removing.Count} replicas, fewer than the {topic.Settings.MinInSyncReplicas} that must be in sync");
        }

        foreach (NodeId node in replicas)
        {
            if (!before.Replicas.Contains(node) && !Image.BrokerRegistry.Contains(node))
            {
                return new Error(ErrorCode.UnknownNode, $"partition {change.Partition} is placed on {node}, which is not registered");
            }
        }

        if (!replicas.ContainsAll(change.InSync))
        {
            return new Error(ErrorCode.InvalidArgument, $"the ISR {change.InSync} of partition {change.Partition} is not part of its replicas {replicas}");
        }

        return change.Election == ElectionKind.Clean ? RefuseClean(before, change) : RefuseUnclean(topic, before, change);
    }

    private Error? RefuseClean(PartitionImage before, PartitionChange change)
    {
        bool isElectedFromEligible = change.Leader is { } elected && change.InSync.Count == 1 && before.EligibleLeaders.Contains(elected);
        if (!isElectedFromEligible && !before.InSync.ContainsAll(change.InSync))
        {
            return new Error(ErrorCode.InvalidArgument, $"the ISR {change.InSync} of partition {change.Partition} has members that were not in {before.InSync}");
        }

        bool isEmptied = change.InSync.Count == 0 && !change.Distrusted.ContainsAll(before.InSync);
        if (isEmptied)
        {
            return new Error(ErrorCode.InvalidArgument, $"the ISR of partition {change.Partition} is emptied, though {before.InSync} hold every record");
        }

        return RefuseLeader(before, change);
    }

    private Error? RefuseUnclean(TopicImage topic, PartitionImage before, PartitionChange change) =>
        change.Election == ElectionKind.Unclean && !topic.Settings.UncleanLeaderElection
            ? new Error(ErrorCode.InvalidConfiguration, $"topic {topic.Name} does not allow unclean elections")
            : RefuseLeader(before, change);

    private Error? RefuseLeader(PartitionImage before, PartitionChange change)
    {
        if (change.Leader is not { } leader || leader == before.Leader)
        {
            return null;
        }

        return Image.TryGetBroker(leader, out BrokerImage? broker) && broker.MayLead
            ? null
            : new Error(ErrorCode.PreconditionFailed, $"broker {leader} is not there to lead partition {change.Partition}");
    }

    /// <summary>The event alone changes. One that is not kept any more was too long ago; nothing is made up for it.</summary>
    private MetadataOutcome ReportLoss(ReportLossCommand command, long version)
    {
        EventHistory? history = Image.EventHistory.WithLoss(command.Partition, command.LeaderEpoch, command.Range, out ClusterEvent? amended);
        if (history is null || amended is null)
        {
            return Refused(ErrorCode.PreconditionFailed, $"no unclean election of partition {command.Partition} to epoch {command.LeaderEpoch} is known");
        }

        if (!ReferenceEquals(history, Image.EventHistory))
        {
            Image = Image with { Version = version, EventHistory = history };
        }

        return new MetadataOutcome.LossRecorded(amended);
    }

    private MetadataOutcome AlterInSync(AlterInSyncCommand command, long version)
    {
        if (!Image.TryGetTopic(command.Partition.Topic, out TopicImage? topic))
        {
            return UnknownTopic(command.Partition.Topic);
        }

        if (Find(topic, command.Partition, command.Expected, command.LeaderEpoch).TryGet(out PartitionImage? before, out Error error) == false)
        {
            return new MetadataOutcome.Refused(error);
        }

        if (before.Leader != command.Leader)
        {
            return Refused(ErrorCode.NotLeader, $"{command.Leader} does not lead partition {command.Partition}");
        }

        foreach (InSyncMember member in command.Members)
        {
            if (RefuseMember(before, member) is { } refusal)
            {
                return new MetadataOutcome.Refused(refusal);
            }
        }

        NodeList inSync = before.Replicas.Where(node => command.Members.Any(member => member.Node == node));

        // The same set raises the partition epoch too: a leader that does not know what became of an earlier proposal voids it that way.
        PartitionImage after = PartitionRules.Next(before, before.Leader, inSync, null, NodeList.Empty, ElectionKind.Clean, topic.Settings.MinInSyncReplicas);
        Image = Image with { Version = version, Registry = Image.Registry.Replace(topic.With([after], version), [after]) };
        return new MetadataOutcome.InSyncAltered(after);
    }

    private Error? RefuseMember(PartitionImage partition, InSyncMember member)
    {
        if (!partition.Replicas.Contains(member.Node))
        {
            return new Error(ErrorCode.InvalidArgument, $"{member.Node} is no replica of partition {partition.Index}, whose replicas are {partition.Replicas}");
        }

        if (!Image.TryGetBroker(member.Node, out BrokerImage? broker) || broker.Epoch != member.Epoch)
        {
            return new Error(ErrorCode.StaleBrokerEpoch, $"broker {member.Node} is registered with epoch {broker?.Epoch}, it was seen caught up under {member.Epoch}");
        }

        return broker.MayJoinInSync || (partition.InSync.Contains(member.Node) && !broker.IsFenced)
            ? null
            : new Error(ErrorCode.PreconditionFailed, $"broker {member.Node} is fenced or stopping and may not be in sync with partition {partition.Index}");
    }

    private static Result<PartitionImage> Find(TopicImage topic, TopicPartition id, PartitionEpoch expected, LeaderEpoch? leaderEpoch = null)
    {
        if (id.Partition.Value >= topic.Partitions.Count)
        {
            return new Error(ErrorCode.UnknownPartition, $"topic {topic.Name} has partitions 0 to {topic.Partitions.Count - 1}, not {id.Partition}");
        }

        PartitionImage partition = topic.Partitions[id.Partition.Value];
        if (leaderEpoch is { } led && led != partition.LeaderEpoch)
        {
            return led < partition.LeaderEpoch
                ? new Error(ErrorCode.FencedLeaderEpoch, $"partition {id} is led in epoch {partition.LeaderEpoch}, the change was for {led}")
                : new Error(ErrorCode.UnknownLeaderEpoch, $"partition {id} is led in epoch {partition.LeaderEpoch}, the change was for {led}");
        }

        return partition.PartitionEpoch == expected
            ? partition
            : new Error(ErrorCode.PreconditionFailed, $"partition {id} is at epoch {partition.PartitionEpoch}, the change was based on {expected}");
    }
}
