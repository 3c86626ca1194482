using GoQueue.History.Checking;

namespace GoQueue.Chaos.Runs;

/// <summary>A trial and what the checker says of its history, together with what only the harness knows.</summary>
internal sealed record Judgement(TrialOutcome Outcome, Verdict Verdict)
{
    // Readers assign once and go on for ever, so the checker's own minimum does not fit every kind of operation here.
    public const int MinimumOk = 1;

    /// <summary>A node that ends by itself breaks a promise even if no message is lost by it.</summary>
    public Validity Valid =>
        Verdict.Valid == Validity.False || Outcome.Crashes.Count > 0 ? Validity.False
        : Outcome.IsWhole ? Verdict.Valid
        : Validity.Unknown;

    public long Operations => Verdict.Operations.Sum(count => count.Ok + count.Fail + count.Info);

    public long Anomalies => Verdict.Errors.Sum(anomaly => anomaly.Count) + Outcome.Crashes.Count;

    /// <summary>Why it is not valid, a sentence each.</summary>
    public IEnumerable<string> Reasons =>
    [
        .. Verdict.Errors.Select(anomaly => anomaly.Evidence.Count > 0 ? $"{anomaly}: {anomaly.Evidence[0]}" : anomaly.ToString()),
        .. Outcome.Crashes,
        .. Outcome.Failure is { } failure ? [failure] : Array.Empty<string>(),
        .. Verdict.Reasons,
    ];

    public static Judgement Of(TrialOutcome outcome) => new(outcome, Check(outcome.HistoryFile));

    /// <summary>By what is asked of histories of this harness.</summary>
    public static Verdict Check(string historyFile) => HistoryChecker.CheckFile(historyFile, options => options with { MinimumOk = MinimumOk });
}
