namespace GoQueue.Chaos.Workloads;

/// <summary>What the clients do, and how much of it.</summary>
internal sealed record WorkloadPlan
{
    /// <summary>The names of all workloads, as on the command line.</summary>
    public static readonly IReadOnlyList<string> Names = ["log", "idempotent", "offsets", "register"];

    public required string Topic { get; init; }

    public int Partitions { get; init; } = 3;

    public int Replicas { get; init; } = 3;

    public int MinInSync { get; init; } = 2;

    /// <summary>Messages a second of all senders together.</summary>
    public int Rate { get; init; } = 200;

    /// <summary>Bytes of a message.</summary>
    public int Bytes { get; init; } = 200;

    /// <summary>Clients (a sender and a reader each) in processes of their own.</summary>
    public int ClientProcesses { get; init; }

    /// <summary>Of all choices that clients draw.</summary>
    public int Seed { get; init; }

    public IReadOnlyList<string> Chosen { get; init; } = Names;
}
