using GoQueue.Chaos.Nemesis;

namespace GoQueue.Chaos.Schedules;

/// <summary>One fault of a window.</summary>
/// <param name="From">Since the begin of the trial.</param>
/// <param name="Seed">Of everything that the fault draws.</param>
internal sealed record PlannedFault(FaultKind Kind, TimeSpan From, TimeSpan Length, int Seed)
{
    public TimeSpan Until => From + Length;
}

/// <summary>Faults that overlap, and the time behind them in which nothing happens.</summary>
internal sealed record Window(IReadOnlyList<PlannedFault> Faults)
{
    /// <summary>
    /// Whether the next window waits until messages can be written again. On a machine where nodes take long to start, a run that never waits would only ever hit nodes
    /// that are starting, and one that always waits never would.
    /// </summary>
    public bool IsFollowedByWork { get; init; } = true;
}

/// <summary>When which faults happen. The same trial always gives the same schedule.</summary>
internal static class Schedule
{
    private static readonly (double Least, double Most) CalmSeconds = (4, 9);
    private const double FirstCalmSeconds = 5;
    private const int OneOfSoManyWindowsHasOneFault = 2;
    private const int OneOfSoManyIsNotWaitedFor = 4;

    public static IReadOnlyList<Window> Of(Trial trial)
    {
        List<Window> windows = [];
        if (trial.Kinds.Count == 0)
        {
            return windows;
        }

        Random random = new(trial.Seed);
        Random waiting = new(~trial.Seed); // of its own: what else is drawn stays what it was
        double at = FirstCalmSeconds;
        while (true)
        {
            Window window = Draw(trial, random, at) with { IsFollowedByWork = waiting.Next(OneOfSoManyIsNotWaitedFor) > 0 };
            double end = window.Faults.Max(fault => fault.Until.TotalSeconds);
            double next = end + Between(random, CalmSeconds);
            if (next > trial.Length.TotalSeconds && windows.Count > 0)
            {
                return windows;
            }

            windows.Add(window);
            at = next;
        }
    }

    private static Window Draw(Trial trial, Random random, double at)
    {
        IReadOnlyList<FaultKind> kinds = trial.Mixing == Mixing.Together ? trial.Kinds : DrawKinds(trial.Kinds, random);
        List<PlannedFault> faults = [];
        double until = at;
        foreach (FaultKind kind in kinds)
        {
            // The second begins while the first lasts.
            double from = faults.Count == 0 ? at : at + (random.NextDouble() * 0.8 * (until - at));
            double length = Between(random, kind.Seconds);
            faults.Add(new PlannedFault(kind, TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(length), random.Next()));
            until = Math.Max(until, from + length);
        }

        return new Window(faults);
    }

    private static List<FaultKind> DrawKinds(IReadOnlyList<FaultKind> kinds, Random random)
    {
        FaultKind first = kinds[random.Next(kinds.Count)];
        FaultKind[] others = [.. kinds.Where(kind => kind != first && kind.GoesWith(first))];
        return random.Next(OneOfSoManyWindowsHasOneFault) == 0 || others.Length == 0 ? [first] : [first, others[random.Next(others.Length)]];
    }

    private static double Between(Random random, (double Least, double Most) bounds) => bounds.Least + (random.NextDouble() * (bounds.Most - bounds.Least));
}
