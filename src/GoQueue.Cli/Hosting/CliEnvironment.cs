using GoQueue.Cli.Output;

namespace GoQueue.Cli.Hosting;

/// <summary>What the command line takes from its surroundings; tests pass their own.</summary>
internal sealed record CliEnvironment
{
    public required CommandStreams Streams { get; init; }

    /// <summary>Looks up an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The folder goqueue itself is in; goqueue-server is looked for here.</summary>
    public required string BaseDirectory { get; init; }

    public static CliEnvironment OfProcess() => new()
    {
        Streams = CommandStreams.OfProcess(),
        Variable = Environment.GetEnvironmentVariable,
        Time = TimeProvider.System,
        BaseDirectory = AppContext.BaseDirectory,
    };
}
