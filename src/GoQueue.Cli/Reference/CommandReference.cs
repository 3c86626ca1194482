using System.CommandLine;
using System.Globalization;
using System.Text;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Reference;

/// <summary>The command reference of docs/cli.md, written from the command tree itself so that it cannot differ from the tool.</summary>
internal static class CommandReference
{
    /// <summary>The lines between which the generated part of the document stands.</summary>
    public const string Begin = "<!-- reference: begin. Written by `goqueue __reference --update docs/cli.md`; do not edit below this line. -->";

    public const string End = "<!-- reference: end -->";

    public static string Generate(CommandTree tree)
    {
        StringBuilder text = new();
        text.AppendLine("## Options of every command").AppendLine();
        Options(text, tree.Root.Options);
        foreach (Command command in tree.Root.Subcommands)
        {
            Describe(text, tree, command, "goqueue " + command.Name, level: 2);
        }

        return text.ToString();
    }

    /// <summary>The document with its generated part replaced.</summary>
    public static string Update(string document, CommandTree tree)
    {
        int begin = document.IndexOf(Begin, StringComparison.Ordinal);
        int end = document.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new FormatException($"the document lacks the lines '{Begin}' and '{End}'");
        }

        return document[..(begin + Begin.Length)] + "\n\n" + Generate(tree) + "\n" + document[end..];
    }

    private static void Describe(StringBuilder text, CommandTree tree, Command command, string path, int level)
    {
        if (command.Hidden)
        {
            return;
        }

        CommandText words = tree.TextOf(command);
        text.AppendLine().Append('#', level).AppendLine(CultureInfo.InvariantCulture, $" {path}").AppendLine();
        text.AppendLine(command.Description);
        if (command.Subcommands.Count == 0)
        {
            text.AppendLine().AppendLine("```text").Append(path);
            foreach (Argument argument in command.Arguments.Where(argument => !argument.Hidden))
            {
                string many = argument.Arity.MaximumNumberOfValues > 1 ? "..." : string.Empty;
                text.Append(argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name.ToUpperInvariant()}{many}]" : $" {argument.Name.ToUpperInvariant()}{many}");
            }

            text.AppendLine(command.Options.Count > 0 ? " [options]" : string.Empty).AppendLine("```");
            Arguments(text, command.Arguments);
            Options(text, command.Options);
        }

        if (words.Notes.Length > 0)
        {
            text.AppendLine().AppendLine(words.Notes);
        }

        if (words.Examples.Length > 0)
        {
            text.AppendLine().AppendLine("```sh");
            foreach ((string line, string meaning) in words.Examples)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"# {meaning}").AppendLine(line);
            }

            text.AppendLine("```");
        }

        foreach (Command child in command.Subcommands)
        {
            Describe(text, tree, child, $"{path} {child.Name}", level + 1);
        }
    }

    private static void Arguments(StringBuilder text, IEnumerable<Argument> arguments)
    {
        Argument[] shown = [.. arguments.Where(argument => !argument.Hidden)];
        if (shown.Length == 0)
        {
            return;
        }

        text.AppendLine().AppendLine("| Argument | Meaning |").AppendLine("| --- | --- |");
        foreach (Argument argument in shown)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| `{argument.Name.ToUpperInvariant()}` | {Cell(argument.Description)} |");
        }
    }

    private static void Options(StringBuilder text, IEnumerable<Option> options)
    {
        Option[] shown = [.. options.Where(option => !option.Hidden)];
        if (shown.Length == 0)
        {
            return;
        }

        text.AppendLine().AppendLine("| Option | Meaning |").AppendLine("| --- | --- |");
        foreach (Option option in shown)
        {
            string names = string.Join(", ", option.Aliases.Prepend(option.Name).Distinct(StringComparer.Ordinal).OrderBy(name => name.Length));
            string value = option.HelpName is { } placeholder ? " " + placeholder : string.Empty;
            text.AppendLine(CultureInfo.InvariantCulture, $"| `{(names + value).Replace("|", "\\|", StringComparison.Ordinal)}` | {Cell(option.Description)} |");
        }
    }

    private static string Cell(string? description) => (description ?? string.Empty).Replace("|", "\\|", StringComparison.Ordinal);
}
