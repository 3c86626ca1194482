namespace GoQueue.Metadata.Topics;

/// <summary>A partial <see cref="TopicSettings"/>: null means unchanged (alter) or the default (create).</summary>
public sealed record TopicSettingsPatch
{
    public static readonly TopicSettingsPatch Nothing = new();

    public long? RetentionMillis { get; init; }

    public long? RetentionBytes { get; init; }

    public long? SegmentBytes { get; init; }

    public long? SegmentMillis { get; init; }

    public CleanupPolicy? CleanupPolicy { get; init; }

    public int? MaxMessageBytes { get; init; }

    public TopicFlushMode? FlushMode { get; init; }

    public long? FlushIntervalMillis { get; init; }

    public int? ReplicationFactor { get; init; }

    public int? MinInSyncReplicas { get; init; }

    public bool? UncleanLeaderElection { get; init; }

    public TopicSettings ApplyTo(TopicSettings settings) => settings with
    {
        RetentionMillis = RetentionMillis ?? settings.RetentionMillis,
        RetentionBytes = RetentionBytes ?? settings.RetentionBytes,
        SegmentBytes = SegmentBytes ?? settings.SegmentBytes,
        SegmentMillis = SegmentMillis ?? settings.SegmentMillis,
        CleanupPolicy = CleanupPolicy ?? settings.CleanupPolicy,
        MaxMessageBytes = MaxMessageBytes ?? settings.MaxMessageBytes,
        FlushMode = FlushMode ?? settings.FlushMode,
        FlushIntervalMillis = FlushIntervalMillis ?? settings.FlushIntervalMillis,
        ReplicationFactor = ReplicationFactor ?? settings.ReplicationFactor,
        MinInSyncReplicas = MinInSyncReplicas ?? settings.MinInSyncReplicas,
        UncleanLeaderElection = UncleanLeaderElection ?? settings.UncleanLeaderElection,
    };
}
