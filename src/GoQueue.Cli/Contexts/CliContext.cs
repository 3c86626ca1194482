namespace GoQueue.Cli.Contexts;

/// <summary>A named set of defaults, kubectl style. Null means: the built-in default.</summary>
internal sealed record CliContext(string Name, string? Server, string? Output);
