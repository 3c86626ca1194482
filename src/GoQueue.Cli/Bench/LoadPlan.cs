namespace GoQueue.Cli.Bench;

/// <summary>What a load generator is to do.</summary>
internal sealed record LoadPlan
{
    public required string Topic { get; init; }

    public required int Partitions { get; init; }

    /// <summary>Bytes of a value, at least <see cref="StampedPayload.Size"/>.</summary>
    public required int Size { get; init; }

    /// <summary>Senders, each with its own thread, client and connection.</summary>
    public required int Producers { get; init; }

    /// <summary>Measured messages in all; null: until <see cref="Duration"/> is over.</summary>
    public long? Messages { get; init; }

    public TimeSpan? Duration { get; init; }

    /// <summary>Messages a second in all, open loop; null: as fast as the broker takes them.</summary>
    public double? Rate { get; init; }

    /// <summary>Load before the measurement, which is not counted.</summary>
    public required TimeSpan WarmUp { get; init; }
}
