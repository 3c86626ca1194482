using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata;

/// <summary>Topics come, change and go.</summary>
public sealed partial class MetadataState
{
    private MetadataOutcome CreateTopic(CreateTopicCommand command, long version)
    {
        if ((Image.Registry.Refuses(command) ?? RefusePlacement(command.Partitions, command.Settings)) is { } refusal)
        {
            return new MetadataOutcome.Refused(refusal);
        }

        TopicImage topic = new()
        {
            Id = command.Id,
            Name = command.Name,
            Settings = command.Settings,
            Partitions = command.Partitions,
            Version = version,
            LastChange = version,
            FlushedSince = command.Settings.FlushMode == TopicFlushMode.Flush ? 0 : -1,
            Created = command.Created,
        };
        Image = Image with { Version = version, Registry = Image.Registry.Add(topic) };
        return new MetadataOutcome.TopicCreated(topic);
    }

    private MetadataOutcome AlterTopic(AlterTopicCommand command, long version)
    {
        if (!Image.TryGetTopic(command.Id, out TopicImage? before))
        {
            return UnknownTopic(command.Id);
        }

        if (before.Version != command.ExpectedVersion)
        {
            return Refused(ErrorCode.PreconditionFailed, $"topic {before.Name} is at version {before.Version}, the change was based on {command.ExpectedVersion}");
        }

        if (command.Settings.MinInSyncReplicas > before.Settings.MinInSyncReplicas && RefusePlacement(before.Partitions, command.Settings) is { } refusal)
        {
            return new MetadataOutcome.Refused(refusal);
        }

        TopicImage after = before.With(command.Settings, version);
        Image = Image with { Version = version, Registry = Image.Registry.Replace(after, []) };
        return new MetadataOutcome.TopicAltered(after);
    }

    private MetadataOutcome DeleteTopic(DeleteTopicCommand command, long version)
    {
        if (!Image.TryGetTopic(command.Id, out TopicImage? topic))
        {
            return UnknownTopic(command.Id);
        }

        Image = Image with { Version = version, Registry = Image.Registry.Remove(topic, version) };
        return new MetadataOutcome.TopicDeleted(topic);
    }

    private MetadataOutcome AddPartitions(AddPartitionsCommand command, long version)
    {
        if (!Image.TryGetTopic(command.Topic, out TopicImage? before))
        {
            return UnknownTopic(command.Topic);
        }

        int count = before.Partitions.Count;
        if (before.Version != command.ExpectedVersion || command.Added[0].Index.Value != count)
        {
            return Refused(ErrorCode.PreconditionFailed, $"topic {before.Name} is at version {before.Version} with {count} partitions, the change was based on {command.ExpectedVersion}");
        }

        if (PartitionLayout.ValidateCount(count + command.Added.Count) is { } tooMany)
        {
            return new MetadataOutcome.Refused(tooMany);
        }

        if (Image.PartitionCount + command.Added.Count > TopicRegistry.MaxPartitions)
        {
            return Refused(ErrorCode.InvalidPartitionCount, $"{command.Added.Count} more partitions would be more than {TopicRegistry.MaxPartitions} in the cluster");
        }

        PartitionImage[] layout = [.. before.Partitions, .. command.Added];
        foreach (NarrowedRange cut in command.Narrowed)
        {
            int index = cut.Partition.Value;
            HashRange whole = index < count ? before.Partitions[index].Keys : default;
            if (index >= count || cut.Keys.First < whole.First || cut.Keys.Last > whole.Last)
            {
                return Refused(ErrorCode.InvalidArgument, $"partition {index} of topic {before.Name} cannot keep the hashes {cut.Keys.First} to {cut.Keys.Last}");
            }

            layout[index] = before.Partitions[index] with { Keys = cut.Keys };
        }

        if ((PartitionLayout.ValidateCover(layout) ?? RefusePlacement(command.Added, before.Settings)) is { } refusal)
        {
            return new MetadataOutcome.Refused(refusal);
        }

        TopicImage after = before.WithLayout(layout, version);
        Image = Image with { Version = version, Registry = Image.Registry.Replace(after, command.Added) };
        return new MetadataOutcome.PartitionsAdded(after);
    }

    /// <summary>
    /// Partitions with fewer replicas than must be in sync could never commit anything. Nodes are checked once there are brokers: data of version 1
    /// names nodes before they register.
    /// </summary>
    private Error? RefusePlacement(IReadOnlyList<PartitionImage> partitions, TopicSettings settings)
    {
        foreach (PartitionImage partition in partitions)
        {
            if (partition.Target.Count < settings.MinInSyncReplicas)
            {
                return new Error(ErrorCode.InvalidReplicationFactor, $"partition {partition.Index} has {partition.Target.Count} replicas, fewer than the {settings.MinInSyncReplicas} that must be in sync");
            }

            foreach (NodeId node in partition.Replicas)
            {
                if (Image.BrokerRegistry.Count > 0 && !Image.BrokerRegistry.Contains(node))
                {
                    return new Error(ErrorCode.UnknownNode, $"partition {partition.Index} is placed on {node}, which is not registered");
                }
            }
        }

        return null;
    }
}
