using System.Globalization;
using System.Runtime.InteropServices;
using GoQueue.History.Checking;
using GoQueue.History.Format;
using GoQueue.History.Report;
using GoQueue.History.Report.Page;

namespace GoQueue.Chaos.Runs;

/// <summary>Writes the page of a trial beside its history, and the page of a run over all of its trials.</summary>
internal static class RunReports
{
    public const string FileName = "report.html";

    /// <summary>Reads the history once more, for the pictures; writes the page of the trial and answers its part in the run's.</summary>
    public static TrialReport WriteTrial(Judgement judgement)
    {
        TrialReport trial = TrialReader.Read(judgement.Outcome.Trial.Name, judgement.Outcome.HistoryFile, judgement.Verdict, judgement.Outcome.Folder) with
        {
            Valid = judgement.Valid,
            Reasons = [.. judgement.Outcome.Crashes, .. judgement.Outcome.Failure is { } failure ? [failure] : Array.Empty<string>(), .. judgement.Verdict.Reasons],
            Notes = judgement.Outcome.Notes,
        };
        ReportPage.Write(RunOf(trial.Name, [trial with { HistoryFile = Path.GetFileName(judgement.Outcome.HistoryFile) }], [], null), Path.Combine(judgement.Outcome.Folder, FileName));
        return trial with { HistoryFile = Path.Combine(trial.Name, Path.GetFileName(judgement.Outcome.HistoryFile)) };
    }

    /// <param name="title">Of the run.</param>
    /// <param name="trials">In the order they ran.</param>
    /// <param name="leftOut">Faults that were not possible here, and why.</param>
    /// <param name="seed">Of the run; null when there is none for all.</param>
    /// <param name="path">Of the page.</param>
    public static void WriteRun(string title, IReadOnlyList<TrialReport> trials, IReadOnlyList<string> leftOut, long? seed, string path) =>
        ReportPage.Write(RunOf(title, trials, leftOut, seed), path);

    private static RunReport RunOf(string title, IReadOnlyList<TrialReport> trials, IReadOnlyList<string> leftOut, long? seed)
    {
        RunDescription? first = trials.Select(trial => trial.Run).FirstOrDefault(run => run is not null);
        (string version, string? commit) = Split(first?.ProductVersion ?? "unknown");
        DateTimeOffset started = first?.Started ?? DateTimeOffset.UtcNow;
        TrialReport? last = trials.LastOrDefault(trial => trial.Run is not null);
        return new RunReport
        {
            Title = title,
            ProductVersion = version,
            Commit = first?.Commit ?? commit,
            Seed = seed ?? (trials.Count == 1 ? first?.Seed : null),
            Started = started,
            Duration = last is null ? TimeSpan.Zero : last.Run!.Started - started + (last.Timeline.Bins.Count * last.Timeline.Width),
            Machine = Machine(),
            LeftOut = leftOut,
            Trials = trials,
        };
    }

    /// <summary>Version and commit, as builds put them together.</summary>
    private static (string Version, string? Commit) Split(string version)
    {
        int plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? (version, null) : (version[..plus], version[(plus + 1)..]);
    }

    private static List<ReportFact> Machine()
    {
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return
        [
            new("processors", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
            new("memory", string.Create(CultureInfo.InvariantCulture, $"{memory / (double)(1 << 30):0.0} GiB")),
            new("system", RuntimeInformation.OSDescription),
            new("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}"),
        ];
    }
}
