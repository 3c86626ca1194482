namespace GoQueue.Storage;

/// <summary>How a log is compacted.</summary>
public sealed record LogCleanerOptions
{
    /// <summary>Share of bytes not yet compacted, among the sealed ones, from which a pass begins. Default 0.5, as Kafka's.</summary>
    public double MinDirtyRatio { get; init; } = 0.5;

    /// <summary>Milliseconds that a tombstone stays after the first pass that covered it. Default 24 hours, as Kafka's.</summary>
    public long TombstoneMillis { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>
    /// Milliseconds of record time that the last batch of a producer stays when all its records are gone. Default 7 days, well beyond the expiry
    /// of idle producers, because record time is the producers' clock.
    /// </summary>
    public long EmptyBatchMillis { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>Keys held in memory in one pass, up to 48 bytes each; with more keys it takes several passes. Default 500,000.</summary>
    public int MaxKeys { get; init; } = 500_000;

    /// <summary>Producers whose last batch is remembered in one pass; beyond it every empty batch stays. Default 100,000.</summary>
    public int MaxProducers { get; init; } = 100_000;
}
