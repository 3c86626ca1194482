using System.Diagnostics;

namespace GoQueue.Simulation.Running;

/// <summary>What the seeds of one scenario came to.</summary>
internal sealed record BatchTally(string Scenario, ulong First, ulong Last, int Runs, long Steps, TimeSpan SimulatedTime, int Failures);

/// <summary>Runs many seeds on several threads; each run lives on one thread from its first event to its last.</summary>
internal sealed class SeedBatch(IReadOnlyList<Scenario> scenarios, ulong from, int count, TimeSpan time, RunOptions options, int jobs)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, BatchTally> tallies = [];
    private long next;

    public IEnumerable<BatchTally> Tallies => scenarios.Where(scenario => tallies.ContainsKey(scenario.Name)).Select(scenario => tallies[scenario.Name]);

    /// <param name="seen">Called for every outcome, by one thread at a time.</param>
    public void Run(Action<SeedOutcome> seen)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Thread[] workers = new Thread[Math.Max(1, jobs)];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = new Thread(() => Work(watch, seen), 16 << 20) { IsBackground = true, Name = $"simulation-{i}" };
            workers[i].Start();
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }
    }

    private void Work(Stopwatch watch, Action<SeedOutcome> seen)
    {
        while (watch.Elapsed < time)
        {
            long index = Interlocked.Increment(ref next) - 1;
            if (index / scenarios.Count >= count)
            {
                return;
            }

            SeedOutcome outcome = SeedRunner.Run(scenarios[(int)(index % scenarios.Count)], from + (ulong)(index / scenarios.Count), options);
            lock (gate)
            {
                Count(outcome);
                seen(outcome);
            }
        }
    }

    private void Count(SeedOutcome outcome)
    {
        tallies.TryGetValue(outcome.Scenario, out BatchTally? before);
        before ??= new BatchTally(outcome.Scenario, outcome.Seed, outcome.Seed, 0, 0, TimeSpan.Zero, 0);
        tallies[outcome.Scenario] = before with
        {
            First = Math.Min(before.First, outcome.Seed),
            Last = Math.Max(before.Last, outcome.Seed),
            Runs = before.Runs + 1,
            Steps = before.Steps + (outcome.Report?.Steps ?? 0),
            SimulatedTime = before.SimulatedTime + (outcome.Report?.SimulatedTime ?? TimeSpan.Zero),
            Failures = before.Failures + (outcome.Failure is null ? 0 : 1),
        };
    }
}
