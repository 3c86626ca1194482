using System.Globalization;

namespace GoQueue.Chaos.Commands;

/// <summary>Options as <c>--name value</c>, <c>--name=value</c> or, for switches, <c>--name</c> alone; what is asked for is taken away, and what is left over is a mistake.</summary>
internal sealed class Arguments
{
    private static readonly string[] Switches = ["--soak", "--plain", "--json", "--log-only"];
    private readonly List<(string Name, string Value)> given = [];

    public Arguments(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                Words.Add(argument);
            }
            else if (Switches.Contains(argument))
            {
                given.Add((argument, "true"));
            }
            else if (equals > 0)
            {
                given.Add((argument[..equals], argument[(equals + 1)..]));
            }
            else
            {
                given.Add((argument, i + 1 < arguments.Count ? arguments[++i] : throw new UsageException($"{argument} needs a value")));
            }
        }
    }

    /// <summary>What is no option: file names.</summary>
    public List<string> Words { get; } = [];

    public string? Text(string name)
    {
        IReadOnlyList<string> all = All(name);
        return all.Count == 0 ? null : all.Count == 1 ? all[0] : throw new UsageException($"{name} is given {all.Count} times");
    }

    public IReadOnlyList<string> All(string name)
    {
        string[] values = [.. given.Where(option => option.Name == name).Select(option => option.Value)];
        given.RemoveAll(option => option.Name == name);
        return values;
    }

    public bool Switch(string name) => Text(name) is not null;

    public IReadOnlyList<string> List(string name) =>
        Text(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    public int Number(string name, int otherwise, int least, int most)
    {
        string? text = Text(name);
        return text is null ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most ? value
            : throw new UsageException($"{name} takes a number from {least} to {most}, not '{text}'");
    }

    /// <exception cref="UsageException">Something is left that nobody asked for.</exception>
    public void Finish(int words = 0)
    {
        if (given.Count > 0)
        {
            throw new UsageException($"unknown option {given[0].Name}");
        }

        if (Words.Count > words)
        {
            throw new UsageException($"'{Words[words]}' is not understood");
        }
    }
}
