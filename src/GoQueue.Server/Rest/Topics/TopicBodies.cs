using System.ComponentModel;
using System.Text.Json.Serialization;

namespace GoQueue.Server.Rest.Topics;

/// <summary>Settings of a topic as JSON has them. Absent means the default when creating and unchanged when altering.</summary>
internal record TopicSettingsBody
{
    [Description("Keep messages this many hours; fractions are allowed, -1 keeps for ever. Default 168.")]
    public double? RetentionHours { get; init; }

    [Description("The same in milliseconds; at least 1000, or -1.")]
    public long? RetentionMs { get; init; }

    [Description("Keep about this many bytes per partition; at least 1048576, or -1 for no limit. Default -1.")]
    public long? RetentionBytes { get; init; }

    [Description("A segment is closed at this size; 1048576 to 1073741824. Default 67108864.")]
    public long? SegmentBytes { get; init; }

    [Description("A segment is closed at this age, milliseconds. Default 7 days.")]
    public long? SegmentMs { get; init; }

    [Description("delete (old segments go) or compact (the newest message of each key stays). Default delete.")]
    public string? CleanupPolicy { get; init; }

    [Description("Largest record batch, bytes; 1024 to 67108864. Default 1048576.")]
    public int? MaxMessageBytes { get; init; }

    [Description("flush (before a publish is acknowledged), interval or none. Default flush.")]
    public string? FlushMode { get; init; }

    [Description("With flushMode interval, milliseconds; 10 to 60000. Default 1000.")]
    public long? FlushIntervalMs { get; init; }

    [Description("Replicas of each partition, 1 to 8; used when partitions are placed. Default 3, or as many as there are nodes.")]
    public int? ReplicationFactor { get; init; }

    [Description("With fewer replicas in sync, publishing with acks=all is refused; 1 to replicationFactor. Default 2 with three replicas or more, else 1.")]
    public int? MinInSyncReplicas { get; init; }

    [Description("Whether a replica that may lack acknowledged messages may lead when no other can. Default false.")]
    public bool? UncleanLeaderElection { get; init; }
}

/// <summary>Body of POST /v1/topics. Settings stand in <c>settings</c> or beside the name.</summary>
internal sealed record CreateTopicBody : TopicSettingsBody
{
    [Description("1 to 249 of A-Z a-z 0-9 . _ - and not . or ..; names that differ only in case exclude each other.")]
    [JsonRequired]
    public required string Name { get; init; }

    [Description("1 to 10000. Default 3.")]
    public int? Partitions { get; init; }

    public TopicSettingsBody? Settings { get; init; }
}

/// <summary>Body of POST /v1/topics/{topic}/partitions.</summary>
internal sealed record AddPartitionsBody
{
    [Description("How many partitions there are to be; more than there are, at most 10000.")]
    [JsonRequired]
    public required int Total { get; init; }

    [Description("Refuse (412) unless the topic still has this version. The header If-Match says the same.")]
    public long? ExpectedVersion { get; init; }
}

/// <summary>Body of PATCH /v1/topics/{topic}.</summary>
internal sealed record AlterTopicBody : TopicSettingsBody
{
    public TopicSettingsBody? Settings { get; init; }

    [Description("Refuse (412) unless the topic still has this version. The header If-Match says the same.")]
    public long? ExpectedVersion { get; init; }
}
