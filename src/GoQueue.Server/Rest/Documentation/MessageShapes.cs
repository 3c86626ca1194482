using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GoQueue.Server.Rest.Documentation;

/// <summary>A message to publish. Exactly one of value and valueBase64; at most one of key and keyBase64.</summary>
internal sealed record PublishBody
{
    [Description("Text key. Messages of one key go to one partition, in order.")]
    public string? Key { get; init; }

    [Description("Key of any bytes, base64 with padding.")]
    public string? KeyBase64 { get; init; }

    [Description("A string is stored as its UTF-8 bytes, any other JSON value as its compact text, null as a tombstone.")]
    public JsonElement? Value { get; init; }

    [Description("Value of any bytes, base64 with padding.")]
    public string? ValueBase64 { get; init; }

    [Description("Name to value; a value is a string, null, {\"$base64\":\"...\"}, or an array of those for a name that repeats. goqueue-ttl-ms limits the life of the message.")]
    public IReadOnlyDictionary<string, JsonElement>? Headers { get; init; }

    [Description("Partition number; absent: by key, or spread when there is no key.")]
    public int? Partition { get; init; }

    [Description("critical, high, normal, low or background. Default normal.")]
    public string? Priority { get; init; }
}

/// <summary>Answer to a publish.</summary>
internal sealed record PublishAnswer
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    [Description("-1 with acks=none.")]
    public required long Offset { get; init; }

    [Description("Milliseconds since 1970.")]
    public required long Timestamp { get; init; }

    public required DurabilityAnswer Durability { get; init; }
}

/// <summary>What the answer promises.</summary>
internal sealed record DurabilityAnswer
{
    [Description("What was asked for: none, leader or all.")]
    public required string Acks { get; init; }

    [Description("Replicas that hold the message now.")]
    public required int Replicas { get; init; }

    [Description("Whether each of them has it on its device.")]
    public required bool Flushed { get; init; }
}

/// <summary>Many messages for one topic.</summary>
internal sealed record BatchBody
{
    public required IReadOnlyList<PublishBody> Messages { get; init; }
}

/// <summary>One result for each message, in request order.</summary>
internal sealed record BatchAnswer
{
    public required string Topic { get; init; }

    public required IReadOnlyList<BatchResultAnswer> Results { get; init; }

    [Description("Results that have an error.")]
    public required int Failed { get; init; }

    public required DurabilityAnswer Durability { get; init; }
}

/// <summary>Either offset and timestamp, or error.</summary>
internal sealed record BatchResultAnswer
{
    public required int Partition { get; init; }

    public long? Offset { get; init; }

    public long? Timestamp { get; init; }

    public BatchErrorAnswer? Error { get; init; }
}

/// <summary>Why a message of a batch was refused.</summary>
internal sealed record BatchErrorAnswer
{
    public required string Code { get; init; }

    public required string Detail { get; init; }

    public required bool Retriable { get; init; }
}

/// <summary>A stretch of a partition.</summary>
internal sealed record MessagesAnswer
{
    public required IReadOnlyList<MessageAnswer> Messages { get; init; }

    [Description("Where to go on reading; may be beyond the last message when state records or expired messages lie between.")]
    public required long NextOffset { get; init; }

    [Description("Leader epoch of the record before nextOffset: sent along with it, a log that lost that record is noticed (LOG_TRUNCATED). Absent at the start of the log.")]
    public int? LastEpoch { get; init; }

    [Description("First offset that cannot be read yet.")]
    public required long HighWatermark { get; init; }

    [Description("First offset that is still there; -1 when a new leader does not know it yet.")]
    public required long LogStartOffset { get; init; }
}

/// <summary>A message as it is read.</summary>
internal sealed record MessageAnswer
{
    public required int Partition { get; init; }

    public required long Offset { get; init; }

    public required long Timestamp { get; init; }

    public string? Key { get; init; }

    [Description("Instead of key when its bytes are not UTF-8.")]
    public string? KeyBase64 { get; init; }

    [Description("Null for a tombstone.")]
    public string? Value { get; init; }

    [Description("Instead of value when its bytes are not UTF-8.")]
    public string? ValueBase64 { get; init; }

    public required IReadOnlyDictionary<string, JsonElement> Headers { get; init; }

    public required string Priority { get; init; }
}

/// <summary>The readable range of a partition.</summary>
internal sealed record OffsetsAnswer
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    [Description("First offset that is still there.")]
    public required long LogStartOffset { get; init; }

    [Description("The next offset: one beyond the last readable message.")]
    public required long HighWatermark { get; init; }

    [Description("With time: the first offset with a timestamp at or after it; null when there is none.")]
    public long? Offset { get; init; }
}

/// <summary>Every failure, as application/problem+json.</summary>
internal sealed record ProblemAnswer
{
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    public required string Detail { get; init; }

    public required string Instance { get; init; }

    [Description("Stable name of the failure, for example UNKNOWN_TOPIC.")]
    public required string Code { get; init; }

    [Description("Whether the same request may succeed later; then Retry-After says when to try.")]
    public required bool Retriable { get; init; }

    public required string TraceId { get; init; }
}

/// <summary>Answer of /health and /ready.</summary>
internal sealed record HealthAnswer
{
    [Description("ok, ready, starting, joining or draining.")]
    public required string Status { get; init; }

    public IReadOnlyList<string>? Reasons { get; init; }

    [Description("Of /health, once the node takes part in a cluster.")]
    public ClusterHealthAnswer? Cluster { get; init; }
}

/// <summary>The health of the cluster in short; GET /v1/admin/health has it in words.</summary>
internal sealed record ClusterHealthAnswer
{
    public required bool Healthy { get; init; }

    [Description("Node id; null while none is known here.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Controller { get; init; }

    [Description("Of the metadata quorum; raised by every election.")]
    public required long Term { get; init; }

    public required int Voters { get; init; }

    public required int FencedBrokers { get; init; }

    [Description("Nobody leads them.")]
    public required int OfflinePartitions { get; init; }

    [Description("They refuse acks=all.")]
    public required int UnderMinInSyncPartitions { get; init; }

    [Description("Fewer replicas are in sync than there should be.")]
    public required int UnderReplicatedPartitions { get; init; }
}

/// <summary>Where things are.</summary>
internal sealed record IndexAnswer
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required string NodeId { get; init; }

    public required IReadOnlyDictionary<string, string> Links { get; init; }
}
