namespace GoQueue.Cli.Hosting;

/// <summary>Words about a command beyond its description and options: notes, and examples as (command line, what it does).</summary>
internal sealed record CommandText(string Notes, params (string Line, string Meaning)[] Examples)
{
    public static readonly CommandText None = new(string.Empty);
}
