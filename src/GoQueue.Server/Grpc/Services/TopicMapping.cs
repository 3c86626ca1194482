using GoQueue.Core;
using GoQueue.Metadata.Topics;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Services;

/// <summary>Topics and their settings between the broker's types and the wire.</summary>
internal static class TopicMapping
{
    public static V1.Topic ToWire(TopicImage topic)
    {
        V1.Topic wire = new()
        {
            Name = topic.Name,
            Id = topic.Id.ToString(),
            Settings = ToWire(topic.Settings),
            Version = topic.Version,
            CreatedMs = topic.Created.Value,
        };
        foreach (PartitionImage partition in topic.Partitions)
        {
            wire.Partitions.Add(ToWire(partition));
        }

        return wire;
    }

    public static V1.Partition ToWire(PartitionImage partition)
    {
        V1.Partition wire = new()
        {
            Index = partition.Index.Value,
            FirstHash = partition.Keys.First,
            LastHash = partition.Keys.Last,
            Leader = partition.Leader?.Value ?? string.Empty,
            LeaderEpoch = partition.LeaderEpoch.Value,
            PartitionEpoch = partition.PartitionEpoch.Value,
            LastKnownLeader = partition.LastKnownLeader?.Value ?? string.Empty,
        };
        Add(wire.Replicas, partition.Replicas);
        Add(wire.InSync, partition.InSync);
        Add(wire.EligibleLeaders, partition.EligibleLeaders);
        Add(wire.Adding, partition.Adding);
        Add(wire.Removing, partition.Removing);
        return wire;

        static void Add(ICollection<string> to, NodeList nodes)
        {
            foreach (NodeId node in nodes)
            {
                to.Add(node.Value);
            }
        }
    }

    /// <summary>Codes: InvalidConfiguration for an enum value that has no name.</summary>
    public static Result<TopicSettingsPatch> ToPatch(V1.TopicSettings? settings)
    {
        if (settings is null)
        {
            return TopicSettingsPatch.Nothing;
        }

        if (!Enum.IsDefined(settings.CleanupPolicy))
        {
            return new Error(ErrorCode.InvalidConfiguration, $"cleanup_policy {(int)settings.CleanupPolicy}: use DELETE (1) or COMPACT (2)");
        }

        if (!Enum.IsDefined(settings.FlushMode))
        {
            return new Error(ErrorCode.InvalidConfiguration, $"flush_mode {(int)settings.FlushMode}: use FLUSH (1), INTERVAL (2) or NONE (3)");
        }

        return new TopicSettingsPatch
        {
            RetentionMillis = settings.HasRetentionMs ? settings.RetentionMs : null,
            RetentionBytes = settings.HasRetentionBytes ? settings.RetentionBytes : null,
            SegmentBytes = settings.HasSegmentBytes ? settings.SegmentBytes : null,
            SegmentMillis = settings.HasSegmentMs ? settings.SegmentMs : null,
            CleanupPolicy = settings.CleanupPolicy switch
            {
                V1.CleanupPolicy.Delete => CleanupPolicy.Delete,
                V1.CleanupPolicy.Compact => CleanupPolicy.Compact,
                _ => null,
            },
            MaxMessageBytes = settings.HasMaxMessageBytes ? settings.MaxMessageBytes : null,
            FlushMode = settings.FlushMode switch
            {
                V1.FlushMode.Flush => TopicFlushMode.Flush,
                V1.FlushMode.Interval => TopicFlushMode.Interval,
                V1.FlushMode.None => TopicFlushMode.None,
                _ => null,
            },
            FlushIntervalMillis = settings.HasFlushIntervalMs ? settings.FlushIntervalMs : null,
            ReplicationFactor = settings.HasReplicationFactor ? settings.ReplicationFactor : null,
            MinInSyncReplicas = settings.HasMinInSyncReplicas ? settings.MinInSyncReplicas : null,
            UncleanLeaderElection = settings.HasUncleanLeaderElection ? settings.UncleanLeaderElection : null,
        };
    }

    private static V1.TopicSettings ToWire(TopicSettings settings) => new()
    {
        RetentionMs = settings.RetentionMillis,
        RetentionBytes = settings.RetentionBytes,
        SegmentBytes = settings.SegmentBytes,
        SegmentMs = settings.SegmentMillis,
        CleanupPolicy = settings.CleanupPolicy == CleanupPolicy.Compact ? V1.CleanupPolicy.Compact : V1.CleanupPolicy.Delete,
        MaxMessageBytes = settings.MaxMessageBytes,
        FlushMode = settings.FlushMode switch
        {
            TopicFlushMode.Interval => V1.FlushMode.Interval,
            TopicFlushMode.None => V1.FlushMode.None,
            _ => V1.FlushMode.Flush,
        },
        FlushIntervalMs = settings.FlushIntervalMillis,
        ReplicationFactor = settings.ReplicationFactor,
        MinInSyncReplicas = settings.MinInSyncReplicas,
        UncleanLeaderElection = settings.UncleanLeaderElection,
    };
}
