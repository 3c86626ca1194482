using GoQueue.History.Checking;

namespace GoQueue.History.Report.Page;

/// <summary>Verdicts in words, signs and styles; never by colour alone.</summary>
internal static class Words
{
    public static string Of(Validity valid) => valid switch { Validity.True => "valid", Validity.False => "invalid", _ => "unknown" };

    public static string Style(Validity valid) => valid switch { Validity.True => "good", Validity.False => "bad", _ => "doubt" };

    public static string Mark(Validity valid) => valid switch { Validity.True => "&#10003;", Validity.False => "&#10005;", _ => "?" };

    public static string Headline(RunReport run) => run.Valid switch
    {
        Validity.True => "Valid: no promise was broken",
        Validity.False when Broken(run) is { Length: > 0 } broken => $"Invalid: {broken}",
        Validity.False => "Invalid: a node ended by itself",
        _ => "Unknown: nothing wrong was found, and not enough was seen",
    };

    public static string Explain(RunReport run)
    {
        int faults = run.Trials.Sum(static trial => trial.Faults.Count);
        string scope = $"{HtmlText.Number(run.Trials.Sum(static trial => trial.Operations))} operations in {Count(run.Trials.Count, "trial")} with {Count(faults, "fault")}";
        int bad = run.Trials.Count(static trial => trial.Valid == Validity.False);
        int doubtful = run.Trials.Count(static trial => trial.Valid == Validity.Unknown);
        return run.Valid switch
        {
            Validity.True => $"{scope}. Everything that was acknowledged is there, once, in order, on every replica.",
            Validity.False => $"{scope}. {Count(bad, "trial")} broke a promise{(doubtful > 0 ? $", {doubtful} could not be judged" : string.Empty)}; the evidence is below.",
            _ => $"{scope}. {Count(doubtful, "trial")} could not be judged to the end, which counts as failed; the reasons are below.",
        };
    }

    public static string Count(int count, string noun) => $"{HtmlText.Number(count)} {noun}{(count == 1 ? string.Empty : "s")}";

    private static string Broken(RunReport run) => string.Join(", ", run.Trials.SelectMany(static trial => trial.Verdict.Errors)
        .GroupBy(static anomaly => anomaly.Definition).OrderByDescending(static group => group.Sum(static anomaly => anomaly.Count)).Take(3)
        .Select(static group => $"{group.Key.Id} {group.Key.Name} ({HtmlText.Number(group.Sum(static anomaly => anomaly.Count))})"));
}
