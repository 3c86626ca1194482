using GoQueue.Server.Observability;

namespace GoQueue.Server.Configuration;

/// <summary>What is logged, and how.</summary>
internal sealed record LoggingOptions
{
    public required LogFormat Format { get; init; }

    public required LogLevel Level { get; init; }
}
