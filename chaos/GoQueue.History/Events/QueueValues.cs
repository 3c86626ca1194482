using System.Text.Json.Serialization;

namespace GoQueue.History.Events;

/// <summary>One message handed out under a lease.</summary>
public sealed record Delivery
{
    public required MessageId Message { get; init; }

    public required int Partition { get; init; }

    public required long Offset { get; init; }

    /// <summary>What the consumer must show to settle it.</summary>
    public required string Receipt { get; init; }

    /// <summary>Which delivery of this message it is, from 1, as the server says.</summary>
    public required int Attempt { get; init; }

    /// <summary>The server marks it as delivered before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsRedelivered { get; init; }

    public string? Key { get; init; }

    public override string ToString() => $"{Message}#{Attempt}";
}

/// <summary><c>receive</c>: messages under leases for a group of a topic.</summary>
public sealed record ReceiveValue : OperationValue
{
    public required string Topic { get; init; }

    public required string Group { get; init; }

    /// <summary>Length of the lease asked for, in milliseconds; the server's clock ends it.</summary>
    public required long LeaseMillis { get; init; }

    public IReadOnlyList<Delivery> Deliveries { get; init; } = [];

    public override string ToString() => $"{Topic}/{Group} [{Text.Few(Deliveries)}]";
}

/// <summary><c>ack</c>, <c>nack</c>, <c>reject</c> (to the dead letters), <c>extend</c>: one outcome for all that it names.</summary>
public sealed record SettleValue : OperationValue
{
    public required string Topic { get; init; }

    public required string Group { get; init; }

    public required IReadOnlyList<SettledMessage> Messages { get; init; }

    /// <summary>New length of the lease from now on, in milliseconds (extend).</summary>
    public long? LeaseMillis { get; init; }

    public override string ToString() => $"{Topic}/{Group} [{Text.Few(Messages)}]";
}

/// <summary>A message and the receipt it is settled by.</summary>
public sealed record SettledMessage(MessageId Message, string Receipt)
{
    public override string ToString() => Message.ToString();
}

/// <summary>Where a message of a queue is.</summary>
public enum QueuedState : byte
{
    [JsonStringEnumMemberName("available")]
    Available,

    [JsonStringEnumMemberName("acquired")]
    Acquired,

    [JsonStringEnumMemberName("acked")]
    Acked,
}

/// <summary>One message of a dump.</summary>
public sealed record QueuedMessage(MessageId Message, QueuedState State, int Attempts);

/// <summary><c>queue-state</c>: what is in the queue of a group, at the end.</summary>
public sealed record QueueStateValue : OperationValue
{
    public required string Topic { get; init; }

    public required string Group { get; init; }

    public required IReadOnlyList<QueuedMessage> Messages { get; init; }
}

/// <summary><c>dead-letters</c>: what was given up, at the end.</summary>
public sealed record DeadLettersValue : OperationValue
{
    public required string Topic { get; init; }

    public required string Group { get; init; }

    public required IReadOnlyList<MessageId> Messages { get; init; }
}
