using GoQueue.Core.Records;

namespace GoQueue.Cli.Messages;

/// <summary>One consumed message as the printers see it. The memory is the reader's and is valid until the next message.</summary>
internal readonly record struct MessageView
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required long Offset { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long Timestamp { get; init; }

    /// <summary>Null: the message has no key.</summary>
    public required ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>Null: a tombstone.</summary>
    public required ReadOnlyMemory<byte>? Value { get; init; }

    public required IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>?>> Headers { get; init; }

    public required PriorityLane Priority { get; init; }
}
