using GoQueue.History.Checking;
using GoQueue.History.Format;

namespace GoQueue.History.Report;

/// <summary>Everything that the page about a run says: one trial, or many. Made by <see cref="TrialReader"/> and the harness, shown by <see cref="Page.ReportPage"/>.</summary>
public sealed record RunReport
{
    /// <summary>What people call the run: the name of its folder, or of its only trial.</summary>
    public required string Title { get; init; }

    public required string ProductVersion { get; init; }

    public string? Commit { get; init; }

    /// <summary>Repeats the run; null when the trials are of several runs, each with its own.</summary>
    public required long? Seed { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Wall time of the whole run; zero when nobody knows.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The command line that repeats it; null when nobody knows.</summary>
    public string? Command { get; init; }

    /// <summary>Processors, memory, kernel, file system, ...</summary>
    public IReadOnlyList<ReportFact> Machine { get; init; } = [];

    /// <summary>What was not done and why: faults that this machine does not allow. Each a sentence.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>In the order they ran.</summary>
    public required IReadOnlyList<TrialReport> Trials { get; init; }

    /// <summary>As the worst of the trials; unknown without any.</summary>
    public Validity Valid =>
        Trials.Any(static trial => trial.Valid == Validity.False) ? Validity.False
        : Trials.Count == 0 || Trials.Any(static trial => trial.Valid == Validity.Unknown) ? Validity.Unknown
        : Validity.True;
}

/// <summary>A name and what stands behind it.</summary>
public sealed record ReportFact(string Name, string Value);

/// <summary>One cluster from its start to the verdict.</summary>
public sealed record TrialReport
{
    public required string Name { get; init; }

    /// <summary>The header of its history; null when there was none.</summary>
    public required RunDescription? Run { get; init; }

    /// <summary>Of the checker, and worse where the harness knows more: a node that ended by itself.</summary>
    public required Validity Valid { get; init; }

    /// <summary>Why it is not valid, each a sentence; the checker's doubts and what the harness saw.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    public required Verdict Verdict { get; init; }

    public required Timeline Timeline { get; init; }

    public required IReadOnlyList<FaultReport> Faults { get; init; }

    /// <summary>What the clients asked for that the verdict does not count: acks, identities.</summary>
    public required WorkloadTraits Traits { get; init; }

    /// <summary>Events and log lines that belong to findings, by finding.</summary>
    public required IReadOnlyDictionary<Evidence, EvidenceExcerpt> Excerpts { get; init; }

    /// <summary>For people; each a sentence.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Where the history is, as the page should name it; null to leave it out.</summary>
    public string? HistoryFile { get; init; }

    /// <summary>Between the healing and the moment at which the cluster said that it is well; null when it did not, or was not asked.</summary>
    public TimeSpan? Recovered { get; init; }

    public long Operations => Verdict.Operations.Sum(static count => count.Invoked);
}

/// <summary>What the workload used.</summary>
public sealed record WorkloadTraits
{
    public bool HasAcksAll { get; init; }

    public bool HasAcksLeader { get; init; }

    public bool HasAcksNone { get; init; }

    public bool HasIdempotentSends { get; init; }

    public bool HasFollowerReads { get; init; }
}

/// <summary>One fault and how the clients got over it.</summary>
public sealed record FaultReport
{
    public required int Number { get; init; }

    public required string Fault { get; init; }

    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>Since the start of the history.</summary>
    public required TimeSpan Begin { get; init; }

    /// <summary>Null: it lasted to the end.</summary>
    public TimeSpan? End { get; init; }

    public required bool TookEffect { get; init; }

    /// <summary>There was nothing it could happen to then.</summary>
    public bool IsSkipped { get; init; }

    public string? Proof { get; init; }

    /// <summary>The longest time without an acknowledged write in any one partition, from the begin until every partition was written again after the end.</summary>
    public TimeSpan? LongestStop { get; init; }

    /// <summary>Where that was.</summary>
    public string? StoppedPartition { get; init; }

    /// <summary>From the end until a write begun after it was acknowledged in every partition; null when that was not seen.</summary>
    public TimeSpan? WrittenAgainAfter { get; init; }
}

/// <summary>What was going on around a finding.</summary>
/// <param name="Events">Those that the finding names, in their order, as text.</param>
/// <param name="Lines">Of the logs of the nodes, by time.</param>
public sealed record EvidenceExcerpt(IReadOnlyList<ExcerptEvent> Events, IReadOnlyList<LogLine> Lines);

/// <summary>One event of a finding.</summary>
public sealed record ExcerptEvent(long Index, TimeSpan Time, int Process, string Type, string Operation, string Text, string? Node);

/// <summary>One line of a node's log.</summary>
/// <param name="Time">Since the start of the history, by the node's clock.</param>
public sealed record LogLine(string Node, TimeSpan Time, string Text);
