using System.Diagnostics;

namespace GoQueue.Fuzz;

/// <summary>What a target did wrong, with the input that shows it.</summary>
public sealed record Finding(string Target, int Seed, int Run, string Problem, byte[] Input);

/// <summary>Result of one target: how many inputs were tried, and the first finding if there was one.</summary>
public sealed record FuzzReport(string Target, int Runs, Finding? Finding);

/// <summary>
/// Runs a target over mutated inputs until the first finding. Three things are findings: an exception, more memory than the target allows, and a
/// run that does not end. The last is found by a second thread that watches, since a loop cannot be interrupted from outside.
/// </summary>
public static class FuzzRunner
{
    public static FuzzReport Run(IFuzzTarget target, FuzzOptions options)
    {
        Progress progress = new();
        FuzzReport? report = null;
        Thread worker = new(() => report = RunAll(target, options, progress)) { IsBackground = true, Name = "fuzz " + target.Name };
        worker.Start();
        while (!worker.Join(TimeSpan.FromMilliseconds(200)))
        {
            (int run, long started, byte[] input) = progress.Read();
            if (started != 0 && Stopwatch.GetElapsedTime(started) > options.MaxRunTime)
            {
                return new FuzzReport(target.Name, run, new Finding(target.Name, options.Seed, run, $"does not end within {options.MaxRunTime}", input));
            }
        }

        return report!;
    }

    private static FuzzReport RunAll(IFuzzTarget target, FuzzOptions options, Progress progress)
    {
        Mutator mutator = new([.. target.Seeds], options.MaxInputBytes);
        Stopwatch clock = Stopwatch.StartNew();
        int run = options.FirstRun;
        for (; run < options.FirstRun + options.Runs && clock.Elapsed < options.MaxTime; run++)
        {
            byte[] input = mutator.Make(options.Seed, run);
            progress.Write(run, input);
            if (RunOne(target, input) is { } problem)
            {
                return new FuzzReport(target.Name, run - options.FirstRun + 1, new Finding(target.Name, options.Seed, run, problem, input));
            }
        }

        return new FuzzReport(target.Name, run - options.FirstRun, null);
    }

    /// <summary>One input. Answers what went wrong, or null.</summary>
    public static string? RunOne(IFuzzTarget target, ReadOnlySpan<byte> input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
        }
        catch (Exception failure)
        {
            return failure.ToString();
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated > target.MaxAllocatedBytes ? $"allocated {allocated} bytes, {target.MaxAllocatedBytes} are allowed" : null;
    }

    private sealed class Progress
    {
        private readonly Lock gate = new();
        private int run;
        private long started;
        private byte[] input = [];

        public void Write(int newRun, byte[] newInput)
        {
            lock (gate)
            {
                run = newRun;
                input = newInput;
                started = Stopwatch.GetTimestamp();
            }
        }

        public (int Run, long Started, byte[] Input) Read()
        {
            lock (gate)
            {
                return (run, started, input);
            }
        }
    }
}
