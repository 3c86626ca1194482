namespace GoQueue.Server.Configuration;

/// <summary>What the command line asks for, with the values it gives.</summary>
internal sealed class CommandLine
{
    public bool Help { get; private set; }

    public bool Version { get; private set; }

    public bool PrintConfig { get; private set; }

    public string? ConfigPath { get; private set; }

    public List<GivenValue> Values { get; } = [];

    public static CommandLine Read(IReadOnlyList<string> arguments, List<string> problems)
    {
        CommandLine line = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            int equals = argument.IndexOf('=');
            string flag = equals < 0 ? argument : argument[..equals];
            string? value = equals < 0 ? null : argument[(equals + 1)..];
            switch (flag)
            {
                case "--help" or "-h" when value is null:
                    line.Help = true;
                    break;
                case "--version" when value is null:
                    line.Version = true;
                    break;
                case "--print-config" when value is null:
                    line.PrintConfig = true;
                    break;
                case "--config":
                    line.ConfigPath = Value();
                    break;
                case "--set":
                    line.Set(Value(), problems);
                    break;
                default:
                    Known(flag);
                    break;
            }

            string? Value()
            {
                // A word that looks like the next flag is not a value: "--data --node-id x" is a slip, not a directory.
                if (value is null && i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                {
                    value = arguments[++i];
                }

                if (value is null)
                {
                    problems.Add($"{flag}: a value is missing");
                }

                return value;
            }

            void Known(string name)
            {
                Option? option = OptionCatalog.All.FirstOrDefault(candidate => candidate.HasFlag && $"--{candidate.Key}" == name);
                if (option is not null)
                {
                    string? text = option.IsSwitch && value is null ? "true" : Value();
                    if (text is not null)
                    {
                        line.Add(option.Key, text, name, problems);
                    }
                }
                else if (name.StartsWith('-'))
                {
                    problems.Add($"{name}: no such flag{Suggest(name)}");
                    i += equals < 0 && i + 1 < arguments.Count && !arguments[i + 1].StartsWith('-') ? 1 : 0; // its value is no mistake of its own
                }
                else
                {
                    problems.Add($"{argument}: an argument without a flag is not expected; see --help");
                }
            }
        }

        return line;
    }

    private void Set(string? assignment, List<string> problems)
    {
        if (assignment is null)
        {
            return;
        }

        int equals = assignment.IndexOf('=');
        if (equals <= 0)
        {
            problems.Add($"--set {assignment}: expected key=value");
            return;
        }

        string key = assignment[..equals];
        Add(key, assignment[(equals + 1)..], $"--set {key}", problems);
    }

    private void Add(string key, string text, string flag, List<string> problems)
    {
        if (Values.Exists(value => value.Key == key))
        {
            problems.Add($"{flag}: {key} is given twice on the command line");
            return;
        }

        Values.Add(new GivenValue(key, text, new OptionSource.Flag(flag)));
    }

    private static string Suggest(string name)
    {
        string bare = name.TrimStart('-');
        if (OptionCatalog.Find(bare) is not null)
        {
            return $"; use --set {bare}=...";
        }

        string[] flags =
        [
            .. OptionCatalog.All.Where(option => option.HasFlag).Select(option => $"--{option.Key}"), "--config", "--set", "--print-config", "--help", "--version",
        ];
        return NearestName.Of(name, flags) is { } nearest ? $"; did you mean {nearest}?" : "; see --help";
    }
}
