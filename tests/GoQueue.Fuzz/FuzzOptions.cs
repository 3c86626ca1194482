namespace GoQueue.Fuzz;

/// <summary>How much to try.</summary>
public sealed record FuzzOptions
{
    /// <summary>Which sequence of inputs.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Number of the first run; with <see cref="Runs"/> 1 it replays a finding.</summary>
    public int FirstRun { get; init; }

    /// <summary>Inputs per target.</summary>
    public int Runs { get; init; } = 20_000;

    /// <summary>Stops a target after this time even if runs are left.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Largest input made.</summary>
    public int MaxInputBytes { get; init; } = 1 << 16;

    /// <summary>A single run that takes longer counts as one that does not end.</summary>
    public TimeSpan MaxRunTime { get; init; } = TimeSpan.FromSeconds(20);
}
