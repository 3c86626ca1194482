using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>Per-topic configuration. Every setting can change while the topic is in use.</summary>
public sealed record TopicSettings
{
    /// <summary>Twice so many fit a partition while it is reassigned.</summary>
    public const int MaxReplicationFactor = PartitionImage.MaxReplicas / 2;

    /// <summary>Most that <see cref="MaxMessageBytes"/> may be. Whatever carries batches (peer frames, forwarding, gRPC) has room for one of these.</summary>
    public const int LargestMessageBytes = 64 << 20;

    public static readonly TopicSettings Default = new();

    /// <summary>Keep records at least this long, ms; -1 for ever. Default 7 days. At least 1 s.</summary>
    public long RetentionMillis { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>Keep at most about this much per partition; -1 no limit. Default -1. At least 1 MiB.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary>A segment is closed when it would grow beyond this. Default 64 MiB; 1 MiB to 1 GiB.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>A segment is closed when its first record is this old, ms. Default 7 days; at least 1 s.</summary>
    public long SegmentMillis { get; init; } = 7L * 24 * 60 * 60 * 1000;

    public CleanupPolicy CleanupPolicy { get; init; } = CleanupPolicy.Delete;

    /// <summary>Largest record batch, bytes. Default 1 MiB; 1 KiB to 64 MiB.</summary>
    public int MaxMessageBytes { get; init; } = 1 << 20;

    public TopicFlushMode FlushMode { get; init; } = TopicFlushMode.Flush;

    /// <summary>Used with <see cref="TopicFlushMode.Interval"/>, ms. Default 1000; 10 to 60000.</summary>
    public long FlushIntervalMillis { get; init; } = 1000;

    /// <summary>
    /// Replicas that each partition is meant to have; 1 to <see cref="MaxReplicationFactor"/>. Used when partitions are placed: a change takes effect
    /// with the next reassignment. Default here 1, as in data of version 1; a new topic gets min(3, nodes) unless told otherwise.
    /// </summary>
    public int ReplicationFactor { get; init; } = 1;

    /// <summary>
    /// In-sync replicas below which nothing is committed and acks=all is refused (R2); 1 to the replicas there are. A change clears every ELR (L4).
    /// A new topic gets 2 with three replicas or more, else 1.
    /// </summary>
    public int MinInSyncReplicas { get; init; } = 1;

    /// <summary>Whether a replica that may lack acknowledged records may lead when no other can (L5). Default no.</summary>
    public bool UncleanLeaderElection { get; init; }

    /// <summary>Null when every setting is inside its bounds, else the refusal, which names all offenders.</summary>
    public Error? Validate()
    {
        List<string> wrong = [];
        Check(RetentionMillis is -1 or >= 1000, $"retention of {RetentionMillis} ms: use -1 or at least 1000");
        Check(RetentionBytes is -1 or >= 1 << 20, $"retention of {RetentionBytes} bytes: use -1 or at least {1 << 20}");
        Check(SegmentBytes is >= 1 << 20 and <= 1 << 30, $"segments of {SegmentBytes} bytes: use {1 << 20} to {1 << 30}");
        Check(SegmentMillis >= 1000, $"segments of {SegmentMillis} ms: use at least 1000");
        Check(MaxMessageBytes is >= 1 << 10 and <= LargestMessageBytes, $"messages of {MaxMessageBytes} bytes: use {1 << 10} to {LargestMessageBytes}");
        Check(FlushIntervalMillis is >= 10 and <= 60_000, $"a flush interval of {FlushIntervalMillis} ms: use 10 to 60000");
        Check(Enum.IsDefined(CleanupPolicy), $"cleanup policy {CleanupPolicy}: use delete or compact");
        Check(Enum.IsDefined(FlushMode), $"flush mode {FlushMode}: use flush, interval or none");
        Check(ReplicationFactor is >= 1 and <= MaxReplicationFactor, $"a replication factor of {ReplicationFactor}: use 1 to {MaxReplicationFactor}");
        Check(MinInSyncReplicas >= 1 && MinInSyncReplicas <= ReplicationFactor, $"{MinInSyncReplicas} in-sync replicas at least: use 1 to the replication factor, {ReplicationFactor}");
        Check(MaxMessageBytes <= SegmentBytes, $"messages of {MaxMessageBytes} bytes do not fit into segments of {SegmentBytes}");
        return wrong.Count == 0 ? null : new Error(ErrorCode.InvalidConfiguration, string.Join("; ", wrong));

        void Check(bool fine, string otherwise)
        {
            if (!fine)
            {
                wrong.Add(otherwise);
            }
        }
    }
}
