using GoQueue.Contracts.V1;

namespace GoQueue.Client;

/// <summary>Topics and their settings between the client's types and the wire.</summary>
internal static class TopicMapping
{
    public static TopicDescription FromWire(Topic topic) => new()
    {
        Name = topic.Name,
        Id = topic.Id,
        Configuration = FromWire(topic.Settings),
        Partitions = [.. topic.Partitions.Select(FromWire).OrderBy(p => p.Index)],
        Version = topic.Version,
        Created = DateTimeOffset.FromUnixTimeMilliseconds(topic.CreatedMs),
    };

    private static PartitionDescription FromWire(Partition partition) => new(partition.Index, partition.FirstHash, partition.LastHash, partition.Leader, partition.LeaderEpoch)
    {
        PartitionEpoch = partition.PartitionEpoch,
        Replicas = [.. partition.Replicas],
        InSync = [.. partition.InSync],
        EligibleLeaders = [.. partition.EligibleLeaders],
    };

    public static TopicSettings ToWire(TopicConfiguration? configuration)
    {
        TopicSettings wire = new();
        if (configuration is null)
        {
            return wire;
        }

        if (configuration.Retention is { } retention)
        {
            wire.RetentionMs = Millis(retention);
        }

        if (configuration.RetentionBytes is { } retentionBytes)
        {
            wire.RetentionBytes = retentionBytes;
        }

        if (configuration.SegmentBytes is { } segmentBytes)
        {
            wire.SegmentBytes = segmentBytes;
        }

        if (configuration.SegmentAge is { } segmentAge)
        {
            wire.SegmentMs = Millis(segmentAge);
        }

        if (configuration.MaxMessageBytes is { } maxMessageBytes)
        {
            wire.MaxMessageBytes = maxMessageBytes;
        }

        if (configuration.FlushInterval is { } flushInterval)
        {
            wire.FlushIntervalMs = Millis(flushInterval);
        }

        if (configuration.ReplicationFactor is { } replicationFactor)
        {
            wire.ReplicationFactor = replicationFactor;
        }

        if (configuration.MinInSyncReplicas is { } minInSync)
        {
            wire.MinInSyncReplicas = minInSync;
        }

        if (configuration.UncleanLeaderElection is { } unclean)
        {
            wire.UncleanLeaderElection = unclean;
        }

        wire.CleanupPolicy = configuration.Cleanup switch
        {
            TopicCleanup.Delete => CleanupPolicy.Delete,
            TopicCleanup.Compact => CleanupPolicy.Compact,
            _ => CleanupPolicy.Unspecified,
        };
        wire.FlushMode = configuration.Flush switch
        {
            TopicFlush.Flush => FlushMode.Flush,
            TopicFlush.Interval => FlushMode.Interval,
            TopicFlush.None => FlushMode.None,
            _ => FlushMode.Unspecified,
        };
        return wire;
    }

    private static TopicConfiguration FromWire(TopicSettings? settings) => settings is null ? new() : new()
    {
        Retention = settings.HasRetentionMs ? Duration(settings.RetentionMs) : null,
        RetentionBytes = settings.HasRetentionBytes ? settings.RetentionBytes : null,
        SegmentBytes = settings.HasSegmentBytes ? settings.SegmentBytes : null,
        SegmentAge = settings.HasSegmentMs ? Duration(settings.SegmentMs) : null,
        Cleanup = settings.CleanupPolicy switch
        {
            CleanupPolicy.Delete => TopicCleanup.Delete,
            CleanupPolicy.Compact => TopicCleanup.Compact,
            _ => null,
        },
        MaxMessageBytes = settings.HasMaxMessageBytes ? settings.MaxMessageBytes : null,
        Flush = settings.FlushMode switch
        {
            FlushMode.Flush => TopicFlush.Flush,
            FlushMode.Interval => TopicFlush.Interval,
            FlushMode.None => TopicFlush.None,
            _ => null,
        },
        FlushInterval = settings.HasFlushIntervalMs ? Duration(settings.FlushIntervalMs) : null,
        ReplicationFactor = settings.HasReplicationFactor ? settings.ReplicationFactor : null,
        MinInSyncReplicas = settings.HasMinInSyncReplicas ? settings.MinInSyncReplicas : null,
        UncleanLeaderElection = settings.HasUncleanLeaderElection ? settings.UncleanLeaderElection : null,
    };

    private static long Millis(TimeSpan span) => span == Timeout.InfiniteTimeSpan ? -1 : (long)span.TotalMilliseconds;

    /// <summary>Servers may keep longer than a TimeSpan can say; both mean for ever.</summary>
    private static TimeSpan Duration(long millis) =>
        millis < 0 || millis > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(millis);
}
