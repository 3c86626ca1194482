namespace GoQueue.ClusterTest.Loads;

/// <summary>By which road messages go in.</summary>
internal enum Road
{
    /// <summary>The client library: idempotent, acks all.</summary>
    Client,

    /// <summary>REST through nodes in turn, acks all, repeated until acknowledged; duplicates are possible and only counted.</summary>
    Rest,
}

/// <summary>What is sent.</summary>
internal sealed record LoadPlan
{
    public required string Topic { get; init; }

    public required int Partitions { get; init; }

    public Road Road { get; init; } = Road.Client;

    public int Producers { get; init; } = 3;

    /// <summary>Messages a second of all producers together.</summary>
    public int Rate { get; init; } = 1_500;

    public int Bytes { get; init; } = 256;

    /// <summary>Replicas that must hold a message before it may be acknowledged.</summary>
    public int MinInSync { get; init; } = 2;

    /// <summary>After this long the client gives a message up.</summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromSeconds(90);
}
