namespace GoQueue.Cli.Contexts;

/// <summary>A named set of defaults, kubectl style. Null means: the built-in default.</summary>
/// <param name="Server">One address, or several of one cluster separated by commas.</param>
internal sealed record CliContext(string Name, string? Server, string? Output);
