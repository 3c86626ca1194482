namespace GoQueue.Fuzz.Tests;

public class FuzzTargetTests
{
    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_short_run_finds_nothing(string name)
    {
        IFuzzTarget target = Assert.Single(FuzzTargets.Named(name));
        FuzzReport report = FuzzRunner.Run(target, new FuzzOptions { Seed = 20260, Runs = 3000, MaxTime = TimeSpan.FromSeconds(10) });

        Assert.True(report.Finding is null, report.Finding is { } found ? $"run {found.Run} of seed {found.Seed}: {found.Problem}\n{Convert.ToBase64String(found.Input)}" : "");
        Assert.True(report.Runs > target.Seeds.Count());
    }

    [Fact]
    public void Names_are_unique() => Assert.Equal(FuzzTargets.All.Count, FuzzTargets.All.Select(target => target.Name).Distinct().Count());
}

/// <summary>A net with holes would be silent, so the runner is shown the three kinds of findings.</summary>
public class FuzzRunnerTests
{
    [Fact]
    public void An_exception_is_a_finding_that_replays_alone()
    {
        Planted target = new(input =>
        {
            if (input.Length > 2 && input[2] == 200)
            {
                throw new InvalidOperationException("planted");
            }
        });
        Finding? found = FuzzRunner.Run(target, new FuzzOptions { Runs = 100_000 }).Finding;

        Assert.Contains("planted", found?.Problem, StringComparison.Ordinal);
        FuzzReport replay = FuzzRunner.Run(target, new FuzzOptions { FirstRun = found!.Run, Runs = 1 });
        Assert.Equal(1, replay.Runs);
        Assert.Equal(found.Input, replay.Finding?.Input);
    }

    [Fact]
    public void Too_much_memory_is_a_finding() =>
        Assert.Contains("allocated", FuzzRunner.Run(new Planted(_ => GC.KeepAlive(new byte[17 << 20])), new FuzzOptions()).Finding?.Problem, StringComparison.Ordinal);

    [Fact]
    public void A_run_that_does_not_end_is_a_finding()
    {
        using ManualResetEventSlim never = new();
        FuzzReport report = FuzzRunner.Run(new Planted(_ => never.Wait()), new FuzzOptions { MaxRunTime = TimeSpan.FromMilliseconds(50) });
        never.Set();

        Assert.Contains("does not end", report.Finding?.Problem, StringComparison.Ordinal);
    }

    private sealed class Planted(Action<byte[]> run) : IFuzzTarget
    {
        public string Name => "planted";

        public IEnumerable<byte[]> Seeds { get; } = [[1, 2, 3, 4]];

        public void Run(ReadOnlySpan<byte> input) => run(input.ToArray());
    }
}
