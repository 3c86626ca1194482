namespace GoQueue.History.Generation;

/// <summary>What a generated history is made of.</summary>
public sealed record ModelOptions
{
    /// <summary>The same history for the same options.</summary>
    public required int Seed { get; init; }

    /// <summary>Operations asked before the final phase. At least 1.</summary>
    public required int Operations { get; init; }

    /// <summary>Clients at work at one time.</summary>
    public int Clients { get; init; } = 10;

    public int Partitions { get; init; } = 4;

    /// <summary>Of a hundred operations, how many nobody knows the outcome of.</summary>
    public int UnknownPercent { get; init; } = 5;

    /// <summary>Only send, poll and end-offset, with many messages: what a long chaos run is made of.</summary>
    public bool IsLogOnly { get; init; }
}
