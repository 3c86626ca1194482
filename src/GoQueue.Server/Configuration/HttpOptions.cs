namespace GoQueue.Server.Configuration;

/// <summary>Bounds of the HTTP side. Units, defaults and their origin stand in <see cref="OptionCatalog"/>.</summary>
internal sealed record HttpOptions
{
    public required int MaxConnections { get; init; }

    public required TimeSpan HeaderTimeout { get; init; }

    public required TimeSpan IdleTimeout { get; init; }

    public required TimeSpan WriteTimeout { get; init; }

    public required int MaxHeaderBytes { get; init; }

    /// <summary>Of one request body, bytes.</summary>
    public required int MaxBodyBytes { get; init; }

    /// <summary>Of all request bodies held at one time, bytes.</summary>
    public required long BodyMemoryBytes { get; init; }

    public required int MaxBatchMessages { get; init; }

    public required int MaxLongPolls { get; init; }
}
