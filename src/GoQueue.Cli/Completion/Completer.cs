using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace GoQueue.Cli.Completion;

/// <summary>
/// What can come next on a half-typed command line. It reads the same command tree as the parser, so it cannot go stale; it does not use the
/// parser's own completion because that knows a line and a position, while shells hand over words they have already split and unquoted.
/// </summary>
internal sealed class Completer(RootCommand root, Func<Symbol, bool> namesTopic, Func<IReadOnlyList<string>, ParseResult> parse)
{
    /// <param name="words">The words after <c>goqueue</c> up to the cursor; the last one is being typed and may be empty.</param>
    public CompletionAnswer Complete(IReadOnlyList<string> words)
    {
        List<string> before = [.. words.Take(words.Count - 1)];
        string current = words.Count == 0 ? string.Empty : words[^1];

        // Bash cuts --output=js into three words.
        if (current is "=" && before.Count > 0 && before[^1].StartsWith("--", StringComparison.Ordinal))
        {
            current = string.Empty;
        }
        else if (before.Count > 1 && before[^1] is "=" && before[^2].StartsWith("--", StringComparison.Ordinal))
        {
            before.RemoveAt(before.Count - 1);
        }

        Position position = Walk(root, before);
        if (position.OnlyArguments)
        {
            return OfArguments(position, current, before);
        }

        if (position.Open is { } open)
        {
            return OfValue(open, current, prefix: string.Empty, before);
        }

        int equals = current.IndexOf('=');
        if (current.StartsWith("--", StringComparison.Ordinal) && equals > 0)
        {
            Option? option = position.Options.FirstOrDefault(candidate => Named(candidate, current[..equals]));
            return option is null ? CompletionAnswer.Nothing : OfValue(option, current[(equals + 1)..], current[..(equals + 1)], before);
        }

        if (current.StartsWith('-'))
        {
            IEnumerable<CompletionItem> options = position.Options
                .Where(option => !option.Hidden && option.Name.StartsWith(current, StringComparison.Ordinal))
                .Select(option => new CompletionItem(option.Name, documentation: option.Description));
            return new CompletionAnswer([.. options.OrderBy(item => item.Label, StringComparer.Ordinal)], CompletionKind.Words, current);
        }

        if (position.Command.Subcommands.Count > 0 && position.ArgumentsTyped == 0)
        {
            IEnumerable<CompletionItem> commands = position.Command.Subcommands
                .Where(command => !command.Hidden && command.Name.StartsWith(current, StringComparison.Ordinal))
                .Select(command => new CompletionItem(command.Name, documentation: command.Description));
            return new CompletionAnswer([.. commands], CompletionKind.Words, current);
        }

        return OfArguments(position, current, before);
    }

    private CompletionAnswer OfArguments(Position position, string current, List<string> before)
    {
        Argument? argument = position.Command.Arguments.ElementAtOrDefault(position.ArgumentsTyped)
            ?? position.Command.Arguments.LastOrDefault(last => last.Arity.MaximumNumberOfValues > 1);
        if (argument is not null && namesTopic(argument))
        {
            return new CompletionAnswer([], CompletionKind.Topics, current);
        }

        return argument is null ? CompletionAnswer.Nothing : OfSources(argument.CompletionSources, current, string.Empty, before, files: false);
    }

    private CompletionAnswer OfValue(Option option, string current, string prefix, List<string> before) =>
        OfSources(option.CompletionSources, current, prefix, before, files: option.HelpName is "FILE" or "DIR");

    private CompletionAnswer OfSources(
        List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources,
        string current,
        string prefix,
        List<string> before,
        bool files)
    {
        if (sources.Count == 0 || files)
        {
            return new CompletionAnswer([], files ? CompletionKind.Files : CompletionKind.Words, current);
        }

        CompletionContext context = parse(before).GetCompletionContext();
        IEnumerable<CompletionItem> items = sources
            .SelectMany(source => source(context))
            .Where(item => item.Label.StartsWith(current, StringComparison.Ordinal))
            .Select(item => new CompletionItem(prefix + item.Label, documentation: item.Documentation));
        return new CompletionAnswer([.. items], CompletionKind.Words, current);
    }

    private static Position Walk(RootCommand root, List<string> words)
    {
        Position position = new(root, [.. root.Options]);
        foreach (string word in words)
        {
            position.Take(word);
        }

        return position;
    }

    private static bool Named(Option option, string word) => string.Equals(option.Name, word, StringComparison.Ordinal) || option.Aliases.Contains(word);

    /// <summary>Where the complete words lead: the command, its options, and an option that still waits for its value.</summary>
    private sealed class Position(Command command, List<Option> options)
    {
        public Command Command { get; private set; } = command;

        public List<Option> Options { get; private set; } = options;

        public Option? Open { get; private set; }

        public int ArgumentsTyped { get; private set; }

        public bool OnlyArguments { get; private set; }

        public void Take(string word)
        {
            if (Open is not null)
            {
                Open = null;
            }
            else if (OnlyArguments)
            {
                ArgumentsTyped++;
            }
            else if (word is "--")
            {
                OnlyArguments = true;
            }
            else if (word.StartsWith('-'))
            {
                Option? option = Options.FirstOrDefault(candidate => Named(candidate, word));
                Open = option is { ValueType: { } type } && type != typeof(bool) && option.Arity.MaximumNumberOfValues > 0 ? option : null;
            }
            else if (Command.Subcommands.FirstOrDefault(child => string.Equals(child.Name, word, StringComparison.Ordinal)) is { } child)
            {
                Options = [.. Options.Where(option => option.Recursive), .. child.Options];
                Command = child;
            }
            else
            {
                ArgumentsTyped++;
            }
        }
    }
}

/// <summary>Where the words to offer come from.</summary>
internal enum CompletionKind
{
    /// <summary>They are in the answer.</summary>
    Words,

    /// <summary>The shell lists files.</summary>
    Files,

    /// <summary>The server knows the topics.</summary>
    Topics,
}

/// <summary>What the shell should offer.</summary>
/// <param name="Typed">What is there already of the word.</param>
internal sealed record CompletionAnswer(IReadOnlyList<CompletionItem> Items, CompletionKind Kind, string Typed)
{
    public static readonly CompletionAnswer Nothing = new([], CompletionKind.Words, string.Empty);
}
