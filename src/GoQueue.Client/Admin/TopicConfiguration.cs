namespace GoQueue.Client;

/// <summary>How long a topic keeps messages.</summary>
public enum TopicCleanup
{
    /// <summary>Old segments are deleted by age and size.</summary>
    Delete,

    /// <summary>The latest message of every key is kept; a message without a value removes its key.</summary>
    Compact,
}

/// <summary>When a message counts as stored.</summary>
public enum TopicFlush
{
    /// <summary>When it is flushed to the device. The default.</summary>
    Flush,

    /// <summary>When it is written; the device is flushed every <see cref="TopicConfiguration.FlushInterval"/>. A power loss may lose that much.</summary>
    Interval,

    /// <summary>When it is written; flushing is left to the operating system.</summary>
    None,
}

/// <summary>
/// Settings of a topic. In a request, null means the server's default (create) or unchanged (alter); in an answer everything is set. The server
/// checks the bounds and answers InvalidConfiguration.
/// </summary>
public sealed record TopicConfiguration
{
    /// <summary>How long messages are kept; <see cref="Timeout.InfiniteTimeSpan"/> for ever. Whole milliseconds.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Bytes kept per partition; -1 for no limit.</summary>
    public long? RetentionBytes { get; init; }

    /// <summary>Size of a segment file in bytes; retention works by whole segments.</summary>
    public long? SegmentBytes { get; init; }

    /// <summary>A segment older than this is closed even if it is small.</summary>
    public TimeSpan? SegmentAge { get; init; }

    /// <summary>What happens to old messages.</summary>
    public TopicCleanup? Cleanup { get; init; }

    /// <summary>Largest record batch accepted, bytes; a message travels in a batch, whose header takes 61 bytes.</summary>
    public int? MaxMessageBytes { get; init; }

    /// <summary>When a message counts as stored.</summary>
    public TopicFlush? Flush { get; init; }

    /// <summary>Time between flushes with <see cref="TopicFlush.Interval"/>.</summary>
    public TimeSpan? FlushInterval { get; init; }

    /// <summary>Replicas of each partition, used when partitions are placed. The server's default is 3, or as many as there are nodes.</summary>
    public int? ReplicationFactor { get; init; }

    /// <summary>With fewer replicas in sync, publishing with acks all is refused. The server's default is 2 with three replicas or more, else 1.</summary>
    public int? MinInSyncReplicas { get; init; }

    /// <summary>Whether a replica that may lack acknowledged messages may lead when no other can.</summary>
    public bool? UncleanLeaderElection { get; init; }
}
