using System.Diagnostics;
using GoQueue.Simulation.Running;
using GoQueue.Simulation.Scenarios;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Tests;

/// <summary>A seed names one run, for ever and everywhere; without that a failure could not be replayed.</summary>
public sealed class DeterminismTests
{
    public static TheoryData<string, int> Seeds
    {
        get
        {
            TheoryData<string, int> seeds = [];
            foreach (Scenario scenario in AllScenarios.List)
            {
                seeds.Add(scenario.Name, 11);
                seeds.Add(scenario.Name, 12);
                seeds.Add(scenario.Name, 13);
            }

            return seeds;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void One_seed_gives_one_trace(string scenario, int seed)
    {
        SeedOutcome first = SeedRunner.Run(AllScenarios.Named(scenario)[0], (ulong)seed, new RunOptions());
        SeedOutcome second = SeedRunner.Run(AllScenarios.Named(scenario)[0], (ulong)seed, new RunOptions());

        Assert.Null(first.Failure);
        Assert.Equal(first.Report!.Digest, second.Report!.Digest);
        Assert.Equal(first.Report.Steps, second.Report.Steps);
    }

    /// <summary>Hash codes of strings differ between processes: what depends on them shows here and nowhere else.</summary>
    [Fact]
    public async Task One_seed_gives_one_trace_in_another_process()
    {
        foreach (Scenario scenario in AllScenarios.List)
        {
            SeedOutcome here = SeedRunner.Run(scenario, 14, new RunOptions());
            string there = await RunElsewhereAsync($"{scenario.Name}-14");

            Assert.Null(here.Failure);
            Assert.Contains(here.Report!.Digest.ToString("x16"), there, StringComparison.Ordinal);
        }
    }

    /// <summary>What a failure prints is enough to see it again: here, and in another process by the one command.</summary>
    [Fact]
    public async Task A_failing_seed_names_the_command_that_repeats_it()
    {
        RunOptions options = new() { Bug = "AckBeforeReplication" };
        SeedOutcome failed = Enumerable.Range(1, 50).Select(seed => SeedRunner.Run(AllScenarios.Named("cluster")[0], (ulong)seed, options)).First(outcome => outcome.Failure is not null);
        SeedOutcome again = SeedRunner.Run(AllScenarios.Named("cluster")[0], failed.Seed, options);
        Assert.Equal((failed.Failure!.Message, failed.LastEvents), (again.Failure!.Message, again.LastEvents));

        Assert.Equal($"make sim SEED=\"cluster-{failed.Seed} --bug AckBeforeReplication\"", failed.Command);
        string there = await RunElsewhereAsync(failed.Arguments);

        Assert.Contains($"FAILED cluster-{failed.Seed}: {failed.Failure.Message}", there, StringComparison.Ordinal);
        Assert.Contains(failed.LastEvents, there, StringComparison.Ordinal);
        Assert.Contains($"replay: {failed.Command}", there, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT DETERMINISTIC", there, StringComparison.Ordinal);
    }

    [Fact]
    public void Different_seeds_give_different_traces()
    {
        Scenario scenario = AllScenarios.List[0];

        Assert.NotEqual(
            SeedRunner.Run(scenario, 15, new RunOptions { Steps = 500 }).Report!.Digest,
            SeedRunner.Run(scenario, 16, new RunOptions { Steps = 500 }).Report!.Digest);
    }

    /// <summary>The check can fail: a wait that the framework completes on the thread pool is found out.</summary>
    [Fact]
    public void Work_that_comes_back_from_the_thread_pool_fails_the_run()
    {
        SimulationLoop loop = new(1);
        SimulatedProcess process = new(loop, 0, "p", new HostClock(0, 0));
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource never = new();
        process.Start(async () => await source.Task.WaitAsync(never.Token), "wait");
        loop.Schedule(10, process, "set", _ => source.SetResult(), null);

        SimulationFailure failure = Assert.Throws<SimulationFailure>(() =>
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (watch.Elapsed < TimeSpan.FromSeconds(30))
            {
                loop.Schedule(1, process, "more", static _ => { }, null);
                loop.Run(loop.Now + 100, long.MaxValue);
            }
        });

        Assert.Equal("determinism", failure.Rule);
    }

    private static async Task<string> RunElsewhereAsync(string arguments)
    {
        ProcessStartInfo start = new("dotnet", [typeof(Scenario).Assembly.Location, .. arguments.Split(' ')]) { RedirectStandardOutput = true, UseShellExecute = false };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
