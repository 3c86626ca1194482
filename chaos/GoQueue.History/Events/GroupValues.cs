namespace GoQueue.History.Events;

/// <summary><c>subscribe</c>: this process becomes a member of a group.</summary>
public sealed record SubscribeValue : OperationValue
{
    public required string Group { get; init; }

    /// <summary>Given with the answer, where the product names members.</summary>
    public string? Member { get; init; }

    public required IReadOnlyList<string> Topics { get; init; }
}

/// <summary><c>assignment</c>: a member was told what it owns. A seen event; it resets the positions of its process.</summary>
public sealed record AssignmentValue : OperationValue
{
    public required string Group { get; init; }

    public required long Generation { get; init; }

    public required string Member { get; init; }

    /// <summary>With the offset to start from, where it was told.</summary>
    public required IReadOnlyList<PartitionPosition> Partitions { get; init; }

    public override string ToString() => $"{Group} g{Generation} {Member} {Text.Positions(Partitions)}";
}

/// <summary><c>commit</c>, <c>committed</c>, <c>reset-offsets</c>, and the dump <c>group-offsets</c>. An offset is the next one to read.</summary>
public sealed record GroupOffsetsValue : OperationValue
{
    public required string Group { get; init; }

    /// <summary>Generation the member works under; null for a client that is no member.</summary>
    public long? Generation { get; init; }

    public string? Member { get; init; }

    public required IReadOnlyList<PartitionPosition> Offsets { get; init; }

    public override string ToString() => $"{Group} {Text.Positions(Offsets)}";
}

/// <summary>What one member owns.</summary>
public sealed record MemberState
{
    public required string Member { get; init; }

    public required IReadOnlyList<PartitionPosition> Partitions { get; init; }
}

/// <summary><c>group-state</c>: members and what they own, as the coordinator tells (O6).</summary>
public sealed record GroupStateValue : OperationValue
{
    public required string Group { get; init; }

    public required long Generation { get; init; }

    public required IReadOnlyList<MemberState> Members { get; init; }

    /// <summary>Every partition the group is subscribed to.</summary>
    public required IReadOnlyList<PartitionPosition> Partitions { get; init; }
}
