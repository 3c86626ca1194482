using GoQueue.Core.Records;

namespace GoQueue.Cli.Messages;

/// <summary>One consumed message as the printers see it: views of the reader's bytes, valid until its next step.</summary>
internal readonly ref struct PrintedMessage
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required long Offset { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long Timestamp { get; init; }

    public required ReadOnlySpan<byte> Key { get; init; }

    public required bool KeyIsNull { get; init; }

    public required ReadOnlySpan<byte> Value { get; init; }

    /// <summary>True for a tombstone.</summary>
    public required bool ValueIsNull { get; init; }

    public required RecordHeaders Headers { get; init; }

    public required PriorityLane Priority { get; init; }
}
