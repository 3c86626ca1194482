namespace GoQueue.Chaos.Clients;

/// <summary>What a client process is told at its start: the first line it reads, as JSON.</summary>
internal sealed record ClientOrder
{
    /// <summary>Name of its producer; another for each process, for each has an identity of its own.</summary>
    public required string Name { get; init; }

    /// <summary>gRPC addresses of the nodes.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    public required string Topic { get; init; }

    public required int Partitions { get; init; }

    /// <summary>Bytes of a message.</summary>
    public required int Bytes { get; init; }

    /// <summary>Messages a second.</summary>
    public required double PerSecond { get; init; }

    /// <summary>Where its reader begins, by partition: where the one before it ended.</summary>
    public required IReadOnlyDictionary<int, long> Positions { get; init; }
}
