using System.CommandLine;
using GoQueue.Cli.Output;

namespace GoQueue.Cli.Failures;

/// <summary>Says what is wrong with a command line: every mistake once, the nearest known word, and where the help is.</summary>
internal static class UsageErrors
{
    // Further than this a suggestion is a guess.
    private const int MostEdits = 2;

    public static int Report(ParseResult parse, CommandStreams streams)
    {
        Command command = parse.CommandResult.Command;

        // The parser says of an unknown command that a command is missing, too; one complaint is enough.
        bool unknownWord = parse.UnmatchedTokens.Count > 0 && parse.Errors.Count > 1;
        foreach (string message in parse.Errors.Where(error => !unknownWord || !error.Message.StartsWith("Required command", StringComparison.Ordinal)).Select(error => error.Message.Trim().ReplaceLineEndings(" ")).Distinct(StringComparer.Ordinal))
        {
            streams.Error.WriteLine($"goqueue: {char.ToLowerInvariant(message[0])}{message[1..].TrimEnd('.')}");
        }

        if (parse.UnmatchedTokens.Count == 0 && command.Subcommands.Count > 0)
        {
            streams.Error.WriteLine("  commands: " + string.Join(", ", command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name)));
        }

        string[] known = [.. Words(command)];
        foreach (string word in parse.UnmatchedTokens.Distinct(StringComparer.Ordinal))
        {
            if (Nearest(word, known) is { } near)
            {
                streams.Error.WriteLine($"  did you mean {near}?");
            }
        }

        streams.Error.WriteLine($"  next: see `{Path(parse)} --help`");
        return (int)ExitCode.Usage;
    }

    /// <summary>The known word with the fewest edits, when they are few enough.</summary>
    internal static string? Nearest(string word, IEnumerable<string> known) => known
        .Select(candidate => (candidate, edits: Edits(word, candidate)))
        .Where(pair => pair.edits <= Math.Min(MostEdits, word.Length / 2))
        .OrderBy(pair => pair.edits)
        .Select(pair => pair.candidate)
        .FirstOrDefault();

    private static string Path(ParseResult parse)
    {
        List<string> names = [];
        for (System.CommandLine.Parsing.SymbolResult? result = parse.CommandResult; result is not null; result = result.Parent)
        {
            if (result is System.CommandLine.Parsing.CommandResult { Command: { } command })
            {
                names.Insert(0, command is RootCommand ? "goqueue" : command.Name);
            }
        }

        return string.Join(' ', names);
    }

    private static IEnumerable<string> Words(Command command)
    {
        IEnumerable<string> commands = command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name);
        IEnumerable<string> options = command.Options.Where(option => !option.Hidden).Select(option => option.Name);
        IEnumerable<string> inherited = command.Parents.OfType<Command>().SelectMany(Words).Where(word => word.StartsWith('-'));
        return commands.Concat(options).Concat(inherited);
    }

    // Levenshtein distance, row by row.
    private static int Edits(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 0; i < left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < right.Length; j++)
            {
                int above = row[j + 1];
                row[j + 1] = left[i] == right[j] ? diagonal : 1 + Math.Min(diagonal, Math.Min(above, row[j]));
                diagonal = above;
            }
        }

        return row[right.Length];
    }
}
