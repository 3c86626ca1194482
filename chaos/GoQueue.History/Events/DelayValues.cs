namespace GoQueue.History.Events;

/// <summary><c>schedule</c>: a message that becomes visible later.</summary>
public sealed record ScheduleValue : OperationValue
{
    public required string Topic { get; init; }

    /// <summary>Null in an invocation that leaves the choice to the product.</summary>
    public int? Partition { get; init; }

    /// <summary>The message; its offset is that of the scheduled record, which is not the one it will be visible at.</summary>
    public required HistoryRecord Record { get; init; }

    /// <summary>When it is due, in nanoseconds on the clock of the events.</summary>
    public required long Due { get; init; }

    /// <summary>Name of the producer, where it is more than the process.</summary>
    public string? Producer { get; init; }

    public override string ToString() => $"{Topic}-{Partition} {Record.Message} due {Due / 1_000_000}ms";
}

/// <summary><c>cancel</c> of a scheduled message.</summary>
public sealed record CancelValue : OperationValue
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required MessageId Message { get; init; }

    public override string ToString() => $"{Topic}-{Partition} {Message}";
}

/// <summary><c>delayed-state</c>: what is still waiting in one topic, at the end.</summary>
public sealed record DelayedStateValue : OperationValue
{
    public required string Topic { get; init; }

    public required IReadOnlyList<MessageId> Pending { get; init; }
}
