using System.Text.Json.Serialization;

namespace GoQueue.History.Format;

/// <summary>What ran: the <c>run</c> of the first line.</summary>
public sealed record RunDescription
{
    /// <summary>Name of the run, unique enough for a folder.</summary>
    public required string Id { get; init; }

    /// <summary>Repeats the schedule of faults and the choices of the workload.</summary>
    public required long Seed { get; init; }

    public required string ProductVersion { get; init; }

    public string? Commit { get; init; }

    /// <summary>Wall clock at time 0 of the events.</summary>
    public required DateTimeOffset Started { get; init; }

    public required RunConfiguration Configuration { get; init; }
}

/// <summary>What the run was configured for: the checker judges by it.</summary>
public sealed record RunConfiguration
{
    public required IReadOnlyList<TopicConfiguration> Topics { get; init; }

    public int Nodes { get; init; } = 1;

    /// <summary>Producers keep their order: L10 is an error.</summary>
    public bool IsOrdered { get; init; } = true;

    /// <summary>How long after the last fault everything must work again (L15, O6, T10, Q8).</summary>
    public long RecoveryBoundMillis { get; init; } = 30_000;

    /// <summary>How long a partition of a group may be without an owner (O6).</summary>
    public long RebalanceBoundMillis { get; init; } = 30_000;

    /// <summary>Longest life of a transaction (T10).</summary>
    public long TransactionTimeoutMillis { get; init; } = 60_000;

    /// <summary>How far the clocks of brokers and harness may differ (D1, Q3, Q4).</summary>
    public long ClockBoundMillis { get; init; } = 500;

    /// <summary>How late a due message may be in a cluster that is well (D5).</summary>
    public long LateBoundMillis { get; init; } = 5_000;

    /// <summary>Scheduled messages are delivered once: D3 is an error.</summary>
    public bool IsDelayExactlyOnce { get; init; } = true;

    /// <summary>A lease outlives a change of leader. When not, a second lease after a fault is only counted (Q3).</summary>
    public bool DoLeasesSurviveFaults { get; init; } = true;

    /// <summary>Each fault is drawn from many: one that never found anything to happen to is told of, and does not make the run unknown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AreFaultsDrawn { get; init; }

    public IReadOnlyList<PipelineConfiguration> Pipelines { get; init; } = [];

    /// <summary>Anything else worth telling, for people.</summary>
    public IReadOnlyDictionary<string, string>? Other { get; init; }
}

/// <summary>How a topic deletes.</summary>
public enum TopicCleanup : byte
{
    /// <summary>Nothing goes before the retention says so; without one, nothing at all.</summary>
    [JsonStringEnumMemberName("delete")]
    Delete,

    /// <summary>The newest record of each key stays.</summary>
    [JsonStringEnumMemberName("compact")]
    Compact,
}

/// <summary>One topic of the workload.</summary>
public sealed record TopicConfiguration
{
    public required string Name { get; init; }

    public required int Partitions { get; init; }

    public int ReplicationFactor { get; init; } = 1;

    public int MinInSyncReplicas { get; init; } = 1;

    public TopicCleanup Cleanup { get; init; }

    /// <summary>Null: for ever.</summary>
    public long? RetentionMillis { get; init; }

    /// <summary>Used as a queue by these groups.</summary>
    public IReadOnlyList<string> Queues { get; init; } = [];

    /// <summary>Messages of one key are delivered in order by queues (Q7).</summary>
    public bool HasOrderedKeys { get; init; }

    /// <summary>Deliveries before a message becomes a dead letter; null: no limit.</summary>
    public int? MaxDeliveries { get; init; }
}

/// <summary>Consume-transform-produce: every message of the input has one output (T9).</summary>
public sealed record PipelineConfiguration
{
    public required string Input { get; init; }

    public required string Output { get; init; }

    public required string Group { get; init; }
}
