using GoQueue.Simulation.Scenarios;

namespace GoQueue.Simulation.Running;

/// <summary>What the command line asks for.</summary>
internal sealed record CommandOptions
{
    public ulong? Seed { get; init; }

    public IReadOnlyList<Scenario> Scenarios { get; init; } = AllScenarios.List;

    public ulong From { get; init; } = 1;

    /// <summary>Seeds per scenario; null is 100, or none beside fresh ones.</summary>
    public int? Count { get; init; }

    /// <summary>Whether to run seeds that nobody ran before, for <see cref="Time"/>, after those asked for by number.</summary>
    public bool IsFresh { get; init; }

    /// <summary>No seed is begun after it; null for no end.</summary>
    public TimeSpan? Time { get; init; }

    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>Events to print before a failure.</summary>
    public int Lines { get; init; } = 60;

    public bool IsVerbose { get; init; }

    public RunOptions Run { get; init; } = new();

    /// <summary>Null, and a line on the console, when the arguments make no sense.</summary>
    public static CommandOptions? Parse(string[] args)
    {
        CommandOptions options = new();
        for (int i = 0; i < args.Length; i++)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            CommandOptions? next = args[i] switch
            {
                "--scenario" => AllScenarios.Named(value) is { Count: > 0 } found ? options with { Scenarios = found } : null,
                "--from" => options with { From = ulong.Parse(value) },
                "--count" => options with { Count = int.Parse(value) },
                "--seconds" => options with { Time = TimeSpan.FromSeconds(double.Parse(value)) },
                "--fresh" => options with { IsFresh = true },
                "--jobs" => options with { Jobs = int.Parse(value) },
                "--steps" => options with { Run = options.Run with { Steps = long.Parse(value) } },
                "--bug" => options with { Run = options.Run with { Bug = value } },
                "--lines" => options with { Lines = int.Parse(value) },
                "--watch" => options with { Run = options.Run with { IsWatched = true } },
                "--outside" => options with { Run = options.Run with { IsJudgedByHistoryAlone = true } },
                "--verbose" => options with { IsVerbose = true },
                _ => WithSeed(options, args[i]),
            };
            if (next is null)
            {
                Console.Error.WriteLine($"'{args[i]} {value}' is not understood; scenarios are {string.Join(", ", AllScenarios.List.Select(scenario => scenario.Name))}");
                return null;
            }

            options = next;
            i += args[i].StartsWith("--", StringComparison.Ordinal) && args[i] is not ("--verbose" or "--fresh" or "--watch" or "--outside") ? 1 : 0;
        }

        return options;
    }

    private static CommandOptions? WithSeed(CommandOptions options, string text)
    {
        int dash = text.LastIndexOf('-');
        IReadOnlyList<Scenario> scenarios = dash > 0 ? AllScenarios.Named(text[..dash]) : options.Scenarios;
        return ulong.TryParse(text[(dash + 1)..], out ulong seed) && scenarios.Count > 0 ? options with { Seed = seed, Scenarios = scenarios } : null;
    }
}
