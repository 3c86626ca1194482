namespace GoQueue.Simulation.Running;

/// <summary>What one run did, when it broke no rule.</summary>
/// <param name="Digest">Equal for equal seeds, whatever the process or the machine.</param>
/// <param name="Summary">What was covered, in a few words.</param>
internal sealed record RunReport(string Scenario, ulong Seed, ulong Digest, long Steps, TimeSpan SimulatedTime, string Summary);

/// <summary>How much one run does.</summary>
internal sealed record RunOptions
{
    /// <summary>Events of the phase with faults. Healing and the liveness phase come on top.</summary>
    public long Steps { get; init; } = 10_000;

    /// <summary>Whether the trace holds everything that processes log.</summary>
    public bool IsWatched { get; init; }

    /// <summary>A deliberate bug, for the tests of the simulator; empty for none.</summary>
    public string Bug { get; init; } = "";

    /// <summary>Nothing is looked at from inside, only what clients saw, as with a real cluster.</summary>
    public bool IsJudgedByHistoryAlone { get; init; }
}

/// <summary>A world that can be built from a seed and run.</summary>
/// <param name="Name">Lower case, part of the seed's name on the command line.</param>
/// <param name="Run">Throws <see cref="World.SimulationFailure"/> when a rule is broken; reports what it had done so far through the second argument.</param>
internal sealed record Scenario(string Name, string Description, Func<ulong, RunOptions, Action<World.SimulationLoop>, RunReport> Run);
