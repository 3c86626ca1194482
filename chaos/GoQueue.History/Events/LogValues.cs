using System.Text.Json.Serialization;

namespace GoQueue.History.Events;

/// <summary>How much a producer asks for.</summary>
public enum SendAcks : byte
{
    [JsonStringEnumMemberName("all")]
    All,

    [JsonStringEnumMemberName("leader")]
    Leader,

    [JsonStringEnumMemberName("none")]
    None,
}

/// <summary>What a reader wants to see of transactions.</summary>
public enum ReadIsolation : byte
{
    [JsonStringEnumMemberName("committed")]
    Committed,

    [JsonStringEnumMemberName("uncommitted")]
    Uncommitted,
}

/// <summary><c>send</c>: messages for one partition. The answer names the same messages with their offsets.</summary>
public sealed record SendValue : OperationValue
{
    public required string Topic { get; init; }

    /// <summary>Null in an invocation that leaves the choice to the product.</summary>
    public int? Partition { get; init; }

    /// <summary>In the order of sending; offsets only when the outcome is ok.</summary>
    public required IReadOnlyList<HistoryRecord> Records { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public SendAcks Acks { get; init; }

    /// <summary>
    /// Name of the producer, where it is more than the process: several processes of one pipelined producer, or one that goes on under a new number after an
    /// unknown outcome. Its sends are in the order of their invocations.
    /// </summary>
    public string? Producer { get; init; }

    /// <summary>Epoch the producer works under, where the workload knows it.</summary>
    public int? Epoch { get; init; }

    /// <summary>The producer has an identity: every message must be there at most once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsIdempotent { get; init; }

    public override string ToString() => $"{Topic}-{Partition} [{Text.Few(Records)}]";
}

/// <summary>What one poll gave of one partition.</summary>
public sealed record PolledPartition
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    /// <summary>Offset that was asked for; null when the product kept the position.</summary>
    public long? From { get; init; }

    public required IReadOnlyList<HistoryRecord> Records { get; init; }

    /// <summary>Where the next poll goes on; null when it is behind the last record.</summary>
    public long? Next { get; init; }

    /// <summary>First offset of the log, as told with the answer.</summary>
    public long? Start { get; init; }

    /// <summary>Committed end of the log, as told with the answer.</summary>
    public long? HighWatermark { get; init; }

    /// <summary>Behind it are open transactions.</summary>
    public long? LastStable { get; init; }
}

/// <summary><c>poll</c>. An invocation names what is asked for, with no records; or nothing, for a group member that takes what comes.</summary>
public sealed record PollValue : OperationValue
{
    public required IReadOnlyList<PolledPartition> Partitions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ReadIsolation Isolation { get; init; }

    /// <summary>Read at a follower: it may be behind, so its watermarks are not judged.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsFollower { get; init; }

    public string? Group { get; init; }

    public override string ToString() => string.Join(' ', Partitions.Select(static partition => $"{partition.Topic}-{partition.Partition}@{partition.From} [{Text.Few(partition.Records)}]"));
}

/// <summary>A partition and, where it is known, a position.</summary>
public sealed record PartitionPosition
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    /// <summary>Null: nothing committed, or not asked for.</summary>
    public long? Offset { get; init; }
}

/// <summary><c>assign</c>: from here on this process reads these partitions, from these offsets on; also a seek.</summary>
public sealed record AssignValue : OperationValue
{
    public required IReadOnlyList<PartitionPosition> Partitions { get; init; }

    /// <summary>It asked for the end of the log; the answer names the offsets it got (L11).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsFromEnd { get; init; }

    public override string ToString() => Text.Positions(Partitions);
}

/// <summary><c>end-offset</c>: where a partition ends, asked of its leader.</summary>
public sealed record EndOffsetValue : OperationValue
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    /// <summary>Committed end: the next message will stand here or later.</summary>
    public long? End { get; init; }

    public long? Start { get; init; }

    public long? LastStable { get; init; }

    public override string ToString() => $"{Topic}-{Partition} {Start}..{End}";
}

/// <summary>One step of a transaction: exactly one of its members is set.</summary>
public sealed record TransactionStep
{
    public SendValue? Send { get; init; }

    public PollValue? Poll { get; init; }

    /// <summary>Offsets that become committed with the transaction.</summary>
    public GroupOffsetsValue? Commit { get; init; }
}

/// <summary><c>txn</c>: ok = committed, fail = aborted, info = nobody knows.</summary>
public sealed record TransactionValue : OperationValue
{
    /// <summary>Transactional id.</summary>
    public required string Producer { get; init; }

    public int? Epoch { get; init; }

    /// <summary>What it wants to do (invocation) or did (outcome).</summary>
    public required IReadOnlyList<TransactionStep> Steps { get; init; }

    /// <summary>When the request to commit was sent, on the clock of the events; null when it never was (T5).</summary>
    public long? CommitSent { get; init; }

    public override string ToString() => $"{Producer}#{Epoch} {Steps.Count} steps";
}

/// <summary><c>init-producer</c>: the producer starts anew; whoever worked under an older epoch is fenced.</summary>
public sealed record ProducerValue : OperationValue
{
    public required string Producer { get; init; }

    /// <summary>Given with the answer.</summary>
    public int? Epoch { get; init; }
}

/// <summary>Short forms for messages.</summary>
internal static class Text
{
    public static string Few<T>(IReadOnlyList<T> items) =>
        items.Count <= 4 ? string.Join(' ', items) : $"{items[0]} {items[1]} ... {items[^1]}, {items.Count} in all";

    public static string Positions(IReadOnlyList<PartitionPosition> positions) => Few([.. positions.Select(static at => $"{at.Topic}-{at.Partition}@{at.Offset}")]);
}
