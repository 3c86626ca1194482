using System.Diagnostics;
using GoQueue.Simulation.Scenarios;

namespace GoQueue.Simulation.Running;

/// <summary>
/// The console: <c>[SEED] [--scenario NAME] [--count N] [--from N] [--fresh] [--seconds S] [--steps N] [--jobs J] [--bug NAME] [--lines N] [--watch] [--verbose]</c>. SEED is a number, for
/// every scenario, or <c>scenario-number</c>, which is what a failure prints.
/// </summary>
internal static class SimulationCommand
{
    public static int Run(string[] args)
    {
        CommandOptions? options = CommandOptions.Parse(args);
        if (options is null)
        {
            return 2;
        }

        return options.Seed is { } seed ? Replay(options, seed) : RunMany(options);
    }

    /// <summary>One seed, twice: the second run must be the first again.</summary>
    private static int Replay(CommandOptions options, ulong seed)
    {
        int failures = 0;
        foreach (Scenario scenario in options.Scenarios)
        {
            Stopwatch watch = Stopwatch.StartNew();
            SeedOutcome outcome = SeedRunner.Run(scenario, seed, options.Run, options.Lines);
            Print(outcome, watch.Elapsed);
            SeedOutcome again = SeedRunner.Run(scenario, seed, options.Run, options.Lines);
            bool isSame = again.Report?.Digest == outcome.Report?.Digest && again.Failure?.Message == outcome.Failure?.Message && again.LastEvents == outcome.LastEvents;
            if (!isSame)
            {
                Console.WriteLine($"NOT DETERMINISTIC: the second run of seed {scenario.Name}-{seed} went another way ({again.Failure?.Message ?? again.Report!.Digest.ToString("x16")})");
            }

            failures += outcome.Failure is null && isSame ? 0 : 1;
        }

        return failures == 0 ? 0 : 1;
    }

    private static int RunMany(CommandOptions options)
    {
        int failures = 0;
        int count = options.Count ?? (options.IsFresh ? 0 : 100);
        if (count > 0)
        {
            failures += RunBatch(options, options.From, count, options.IsFresh ? null : options.Time);
        }

        if (options.IsFresh)
        {
            failures += RunBatch(options, (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() * 1000, int.MaxValue, options.Time ?? TimeSpan.FromSeconds(60));
        }

        return failures == 0 ? 0 : 1;
    }

    private static int RunBatch(CommandOptions options, ulong from, int count, TimeSpan? time)
    {
        SeedBatch batch = new(options.Scenarios, from, count, time ?? TimeSpan.MaxValue, options.Run, options.Jobs);
        Stopwatch watch = Stopwatch.StartNew();
        batch.Run(outcome =>
        {
            if (outcome.Failure is not null || options.IsVerbose)
            {
                Print(outcome, TimeSpan.Zero);
            }
        });
        foreach (BatchTally tally in batch.Tallies)
        {
            string verdict = tally.Failures == 0 ? "ok   " : "FAIL ";
            Console.WriteLine($"{verdict} simulation {tally.Scenario,-8} seeds {tally.First} to {tally.Last}: {tally.Steps:N0} steps, {tally.SimulatedTime.TotalMinutes:0} simulated minutes, {tally.Failures} failures");
        }

        Console.WriteLine($"      {batch.Tallies.Sum(tally => tally.Runs)} runs in {watch.Elapsed.TotalSeconds:0} s");
        return batch.Tallies.Sum(tally => tally.Failures);
    }

    private static void Print(SeedOutcome outcome, TimeSpan time)
    {
        if (outcome.Failure is { } failure)
        {
            Console.WriteLine($"FAILED {outcome.Scenario}-{outcome.Seed}: {failure.Message}");
            Console.WriteLine(outcome.LastEvents);
            if (failure.InnerException is { } cause)
            {
                Console.WriteLine(cause);
            }

            Console.WriteLine($"replay: {outcome.Command}");
        }
        else if (outcome.Report is { } report)
        {
            Console.WriteLine($"ok {report.Scenario}-{report.Seed} {report.Digest:x16} {report.Steps} steps {report.SimulatedTime.TotalSeconds:0.0} s{(time > TimeSpan.Zero ? $" in {time.TotalMilliseconds:0} ms" : "")}: {report.Summary}");
        }
    }
}
