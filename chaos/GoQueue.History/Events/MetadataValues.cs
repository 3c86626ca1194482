using System.Text.Json.Serialization;

namespace GoQueue.History.Events;

/// <summary><c>create</c>, <c>delete</c>, <c>exists</c>: a topic as a register that is there or not.</summary>
public sealed record TopicValue : OperationValue
{
    public required string Topic { get; init; }

    /// <summary>Id of this life of the topic, given with the answer to create.</summary>
    public string? Id { get; init; }

    /// <summary>Answer of <c>exists</c>.</summary>
    public bool? IsThere { get; init; }

    public override string ToString() => $"{Topic} {Id}{IsThere}";
}

/// <summary><c>cas-config</c>, <c>read-config</c>: one setting of a topic as a register.</summary>
public sealed record ConfigValue : OperationValue
{
    public required string Topic { get; init; }

    public required string Key { get; init; }

    /// <summary>cas-config: changes only this value; null when any will do (a plain write).</summary>
    public string? Expected { get; init; }

    /// <summary>cas-config: the new value. read-config: the value that was read.</summary>
    public string? Value { get; init; }

    public override string ToString() => $"{Topic}.{Key} {Expected}->{Value}";
}

/// <summary>A topic and its id.</summary>
public sealed record TopicEntry(string Name, string Id);

/// <summary><c>topics</c>: everything one node knows of. May lag, but shows nothing that was deleted before, for ever (M6).</summary>
public sealed record TopicsValue : OperationValue
{
    public required IReadOnlyList<TopicEntry> Topics { get; init; }

    /// <summary>Asked so that it is no older than the question; the final one must be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsCurrent { get; init; }
}

/// <summary><c>leader</c>: the state of a partition as the metadata of one node tells it (M1-M3).</summary>
public sealed record LeaderValue : OperationValue
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    /// <summary>Null: nobody leads.</summary>
    public string? Leader { get; init; }

    public required long LeaderEpoch { get; init; }

    /// <summary>Raised by every change of the partition.</summary>
    public long? PartitionEpoch { get; init; }

    public IReadOnlyList<string> InSync { get; init; } = [];

    /// <summary>Outside the ISR, but hold everything committed.</summary>
    public IReadOnlyList<string> Eligible { get; init; } = [];

    /// <summary>The topic allows a leader that may lack committed messages.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsUncleanAllowed { get; init; }

    /// <summary>One start of the observed process; what a node knows may be older after a restart.</summary>
    public string? Boot { get; init; }

    public override string ToString() => $"{Topic}-{Partition} {Leader} e{LeaderEpoch} p{PartitionEpoch} isr [{string.Join(' ', InSync)}] elr [{string.Join(' ', Eligible)}]";
}

/// <summary><c>metadata</c>: how far one node has applied the metadata, and what that made (M2, M4).</summary>
public sealed record MetadataValue : OperationValue
{
    public required long Version { get; init; }

    /// <summary>Digest of the applied state.</summary>
    public string? Hash { get; init; }

    /// <summary>One start of the observed process.</summary>
    public string? Boot { get; init; }
}

/// <summary>What was seen of Raft.</summary>
public enum RaftFact : byte
{
    /// <summary>A node leads a term.</summary>
    [JsonStringEnumMemberName("leads")]
    Leads,

    /// <summary>A node gave its vote.</summary>
    [JsonStringEnumMemberName("vote")]
    Vote,

    /// <summary>A node has this entry.</summary>
    [JsonStringEnumMemberName("entry")]
    Entry,

    /// <summary>A configuration of voters that was decided.</summary>
    [JsonStringEnumMemberName("config")]
    Config,

    /// <summary>A leader counted these nodes to decide an entry.</summary>
    [JsonStringEnumMemberName("counted")]
    Counted,
}

/// <summary><c>raft</c>: one fact of the metadata's Raft log (M1, M4, M7).</summary>
public sealed record RaftValue : OperationValue
{
    public required RaftFact Fact { get; init; }

    public long Term { get; init; }

    public long Index { get; init; }

    /// <summary>entry: digest of its content.</summary>
    public string? Hash { get; init; }

    /// <summary>vote: whom it is for.</summary>
    public string? Candidate { get; init; }

    /// <summary>config: the voters. counted: who was counted.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];
}

/// <summary><c>audit</c>: an entry of the product's audit trail.</summary>
public sealed record AuditValue : OperationValue
{
    /// <summary>Today only <c>unclean-election</c>.</summary>
    public required string Kind { get; init; }

    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required long LeaderEpoch { get; init; }
}
