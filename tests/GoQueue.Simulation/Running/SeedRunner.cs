using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Running;

/// <summary>The outcome of one seed: a report, or the failure with the last events before it.</summary>
internal sealed record SeedOutcome(string Scenario, ulong Seed, RunOptions Options, RunReport? Report, SimulationFailure? Failure, string LastEvents)
{
    /// <summary>The one command that runs this again.</summary>
    public string Command => Arguments.Contains(' ') ? $"make sim SEED=\"{Arguments}\"" : $"make sim SEED={Arguments}";

    /// <summary>The same for the program itself.</summary>
    public string Arguments
    {
        get
        {
            string steps = Options.Steps == new RunOptions().Steps ? "" : $" --steps {Options.Steps}";
            string bug = Options.Bug.Length == 0 ? "" : $" --bug {Options.Bug}";
            string outside = Options.IsJudgedByHistoryAlone ? " --outside" : "";
            return $"{Scenario}-{Seed}{steps}{bug}{outside}";
        }
    }
}

/// <summary>Runs single seeds, on the calling thread.</summary>
internal static class SeedRunner
{
    public static SeedOutcome Run(Scenario scenario, ulong seed, RunOptions options, int lines = 60)
    {
        SimulationLoop? loop = null;
        try
        {
            RunReport report = scenario.Run(
                seed,
                options,
                built =>
                {
                    loop = built;
                    loop.Trace.Keep(lines);
                });
            return new SeedOutcome(scenario.Name, seed, options, report, null, "");
        }
        catch (SimulationFailure failure)
        {
            return new SeedOutcome(scenario.Name, seed, options, null, failure, Last(loop, lines));
        }
        catch (Exception failure)
        {
            return new SeedOutcome(scenario.Name, seed, options, null, new SimulationFailure("harness", failure.ToString(), failure), Last(loop, lines));
        }
    }

    private static string Last(SimulationLoop? loop, int lines) => loop is null ? "" : loop.Trace.Newest(lines) + loop.Describe?.Invoke();
}
