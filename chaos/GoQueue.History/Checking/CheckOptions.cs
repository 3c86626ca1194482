using GoQueue.History.Format;

namespace GoQueue.History.Checking;

/// <summary>By what a history is judged: what the run promised, and how much must have happened.</summary>
public sealed record CheckOptions
{
    /// <summary>Of the run; the header of a file has it.</summary>
    public required RunConfiguration Configuration { get; init; }

    /// <summary>Findings kept with their evidence, of each kind. 1 to 1000.</summary>
    public int MaxEvidence { get; init; } = 8;

    /// <summary>Every kind of operation that was asked at all must have been ok this often, or the verdict is unknown.</summary>
    public int MinimumOk { get; init; } = 10;

    /// <summary>Without a completed final phase the verdict is unknown. Off only for parts of a history.</summary>
    public bool NeedsFinalPhase { get; init; } = true;

    /// <summary>Steps of the search for one register's order; more make that register unknown.</summary>
    public int MaxSearchSteps { get; init; } = 2_000_000;
}
