using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata;

/// <summary>Brokers come, change and go; L3 is here, because nothing may come between a registration and what it costs.</summary>
public sealed partial class MetadataState
{
    private MetadataOutcome RegisterBroker(RegisterBrokerCommand command, long version)
    {
        bool isKnown = Image.TryGetBroker(command.Node, out BrokerImage? before);
        if (!isKnown && Image.BrokerRegistry.Count >= BrokerRegistry.MaxBrokers)
        {
            return Refused(ErrorCode.PreconditionFailed, $"the cluster has {BrokerRegistry.MaxBrokers} brokers and no room for {command.Node}");
        }

        bool isOtherDisk = isKnown && before!.Incarnation != command.Incarnation;
        if (isOtherDisk && !before!.IsFenced)
        {
            return Refused(
                ErrorCode.PreconditionFailed,
                $"node {command.Node} runs with the data directory {before.Incarnation}; another with {command.Incarnation} may take its name when it is gone");
        }

        BrokerImage after = new()
        {
            Node = command.Node,
            Incarnation = command.Incarnation,
            Epoch = new BrokerEpoch(version),
            Endpoints = command.Endpoints,
            Rack = command.Rack,
            IsFenced = true,
            IsDraining = isKnown && before!.IsDraining,
        };
        Return how = isOtherDisk ? Return.WithOtherDisk : isKnown && before!.Epoch != command.Previous ? Return.AfterUncleanStop : Return.AfterCleanStop;
        int removedFrom = TakeBack(command.Node, how, before?.Epoch ?? BrokerEpoch.None, version);
        Image = Image with { Version = version, BrokerRegistry = Image.BrokerRegistry.With(after) };
        return new MetadataOutcome.BrokerRegistered(after, removedFrom);
    }

    private MetadataOutcome AlterBroker(AlterBrokerCommand command, long version)
    {
        if (!Image.TryGetBroker(command.Node, out BrokerImage? before))
        {
            return UnknownNode(command.Node);
        }

        if (!command.Epoch.IsNone && command.Epoch != before.Epoch)
        {
            return StaleBroker(before, command.Epoch);
        }

        BrokerImage after = command.Change switch
        {
            BrokerChange.Fence => before with { IsFenced = true },
            BrokerChange.Unfence => before with { IsFenced = false },
            BrokerChange.Drain => before with { IsDraining = true },
            BrokerChange.Undrain => before with { IsDraining = false },
            BrokerChange.Stop => before with { IsStopping = true },
            _ => throw new InvariantViolationException($"broker change {command.Change} has no rule"),
        };
        if (after != before)
        {
            Image = Image with { Version = version, BrokerRegistry = Image.BrokerRegistry.With(after) };
        }

        return new MetadataOutcome.BrokerAltered(after);
    }

    private MetadataOutcome UnregisterBroker(UnregisterBrokerCommand command, long version)
    {
        if (!Image.TryGetBroker(command.Node, out BrokerImage? before))
        {
            return UnknownNode(command.Node);
        }

        if (command.Epoch != before.Epoch)
        {
            return StaleBroker(before, command.Epoch);
        }

        if (!before.IsFenced || Image.Registry.IsHost(command.Node))
        {
            return Refused(ErrorCode.PreconditionFailed, $"broker {command.Node} {(before.IsFenced ? "still has replicas" : "is running")}");
        }

        Image = Image with { Version = version, BrokerRegistry = Image.BrokerRegistry.Without(command.Node) };
        return new MetadataOutcome.BrokerUnregistered(before);
    }

    /// <summary>What a broker that starts may keep of its places. Linear in its partitions.</summary>
    /// <returns>Partitions in which it lost a place in ISR or ELR.</returns>
    private int TakeBack(NodeId node, Return how, BrokerEpoch before, long version)
    {
        TopicRegistry registry = Image.Registry;
        List<ClusterEvent> events = [];
        int removedFrom = 0;
        foreach (TopicImage topic in Image.TopicsOn(node))
        {
            bool mayLackRecords = how == Return.WithOtherDisk || (how == Return.AfterUncleanStop && !WasFlushedBy(topic, before));
            List<PartitionImage> changed = [];
            foreach (PartitionImage partition in topic.Partitions)
            {
                bool hadPlace = partition.InSync.Contains(node) || partition.EligibleLeaders.Contains(node);
                bool isLast = partition.InSync.Count + partition.EligibleLeaders.Count == 1;
                bool loses = hadPlace && mayLackRecords && (!isLast || how == Return.WithOtherDisk);
                bool lostLastLeader = how == Return.WithOtherDisk && (partition.Leader ?? partition.LastKnownLeader) == node;
                if (loses || partition.Leader == node || lostLastLeader)
                {
                    PartitionImage after = PartitionRules.WithoutReturned(partition, node, loses, topic.Settings.MinInSyncReplicas);
                    changed.Add(lostLastLeader ? after with { LastKnownLeader = null } : after);
                    removedFrom += loses ? 1 : 0;
                }

                if (hadPlace && mayLackRecords && isLast)
                {
                    ClusterEventKind kind = how == Return.WithOtherDisk ? ClusterEventKind.LastReplicaLost : ClusterEventKind.LastReplicaUnclean;
                    events.Add(new ClusterEvent(version, kind, new TopicPartition(topic.Id, partition.Index), node, partition.Leader ?? partition.LastKnownLeader, partition.LeaderEpoch, null));
                }
            }

            registry = changed.Count == 0 ? registry : registry.Replace(topic.With(changed, version), changed);
        }

        Image = Image with { Registry = registry, EventHistory = Image.EventHistory.With(events) };
        return removedFrom;
    }

    /// <summary>
    /// A broker counts a record towards the high watermark only when it is on its disk, in topics that flush: an unclean stop takes nothing committed
    /// from it. That holds if the topic flushed for the whole life of the stopped process (docs/adr/0009).
    /// </summary>
    private static bool WasFlushedBy(TopicImage topic, BrokerEpoch registered) => topic.FlushedSince >= 0 && topic.FlushedSince < Math.Max(registered.Value, 1);

    private static MetadataOutcome.Refused UnknownNode(NodeId node) => Refused(ErrorCode.UnknownNode, $"no broker {node} is registered");

    private static MetadataOutcome.Refused StaleBroker(BrokerImage broker, BrokerEpoch seen) =>
        Refused(ErrorCode.StaleBrokerEpoch, $"broker {broker.Node} is registered with epoch {broker.Epoch}, the change was for {seen}");

    /// <summary>How a broker comes back.</summary>
    private enum Return
    {
        AfterCleanStop,
        AfterUncleanStop,
        WithOtherDisk,
    }
}
