using System.Globalization;
using System.Runtime.InteropServices;
using GoQueue.Chaos.Machine;
using GoQueue.Chaos.Nemesis;
using GoQueue.Chaos.Runs;
using GoQueue.Chaos.Schedules;
using GoQueue.Chaos.Workloads;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Checking;
using GoQueue.History.Report;

namespace GoQueue.Chaos.Commands;

/// <summary><c>run</c>: trials one after the other, a line for each, and one line at the end.</summary>
internal sealed class RunCommand(ChaosOptions options)
{
    private const int MaxReports = 500;

    private readonly CancellationTokenSource stop = new();
    private readonly List<Judgement> judgements = [];
    private readonly List<TrialReport> reports = [];
    private readonly List<string> notPossible = [];

    /// <summary>Answers the exit code: 0 valid, 1 invalid, 2 unknown.</summary>
    public async Task<int> RunAsync()
    {
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        if (options.Server is { } server && !File.Exists(server))
        {
            throw new HarnessException($"there is no program {server}");
        }

        if (!IsAttached && options.Server is null && !File.Exists(Path.Combine(options.Bin, "goqueue-server")))
        {
            throw new HarnessException($"there is no goqueue-server in {options.Bin}; build it with `make build`, or name its folder with --bin");
        }

        int cleaned = await Leftovers.CleanAsync();
        if (cleaned > 0)
        {
            Console.WriteLine($"took away {cleaned} things that a killed run had left behind");
        }

        Abilities abilities = options.IsPlain ? Abilities.Plain("left out by --plain") : await Abilities.OfThisMachineAsync();
        Dictionary<string, string> leftOut = [];
        FaultKind[] possible = [.. Possible(abilities, leftOut)];
        foreach (IGrouping<string, string> left in leftOut.GroupBy(kind => kind.Value, kind => kind.Key))
        {
            notPossible.Add($"{left.Key}: {string.Join(", ", left)}");
            Console.WriteLine($"left out, {notPossible[^1]}");
        }

        Console.WriteLine($"seed {options.Seed}, results in {options.Out}");
        Directory.CreateDirectory(options.Out);
        foreach (Trial trial in TrialsOf(possible, leftOut))
        {
            if (stop.IsCancellationRequested)
            {
                break;
            }

            await RunAsync(trial, abilities);
        }

        Orphans.KillAll();
        return Conclude();
    }

    private async Task RunAsync(Trial trial, Abilities abilities)
    {
        string folder = Path.Combine(options.Out, trial.Name);
        if (File.Exists(Path.Combine(folder, TrialRunner.HistoryFile)))
        {
            throw new UsageException($"{folder} holds the history of an earlier run, which is kept: give another folder with --out");
        }

        Console.WriteLine($"{trial.Name} (seed {trial.Seed})");
        // An attached cluster may hold the topic of an earlier run.
        WorkloadPlan work = IsAttached ? options.Workload with { Topic = $"{options.Workload.Topic}-{Environment.ProcessId}-{judgements.Count}" } : options.Workload;
        TrialRunner runner = new((of, folder) => MakerOf(of, folder, abilities), work, IsAttached ? options.Attach.Count : options.Nodes, Console.WriteLine);
        TrialOutcome outcome = await runner.RunAsync(trial, folder, stop.Token);
        Judgement judgement = Judgement.Of(outcome);
        judgements.Add(judgement);
        WriteReports(judgement);
        foreach (string note in outcome.Notes)
        {
            Console.WriteLine($"  note: {note}");
        }

        foreach (string reason in judgement.Reasons.Take(12))
        {
            Console.WriteLine($"  - {reason}");
        }

        foreach (Anomaly information in judgement.Verdict.Anomalies.Where(anomaly => anomaly.Level == AnomalyLevel.Information))
        {
            Console.WriteLine($"  {information}");
        }

        Console.WriteLine($"  {Word(judgement.Valid)}: {string.Join(", ", judgement.Verdict.Operations.Where(count => count.Invoked > 0).Select(count => $"{count.Operation} {count.Ok}/{count.Fail}/{count.Info}"))} (ok/fail/info)");
    }

    /// <summary>After each trial, so that a run always has its page. Of a long soak the oldest sound trials are forgotten; each has its own page.</summary>
    private void WriteReports(Judgement judgement)
    {
        reports.Add(RunReports.WriteTrial(judgement));
        if (reports.Count > MaxReports && reports.FindIndex(report => report.Valid == Validity.True) is >= 0 and int oldest)
        {
            reports.RemoveAt(oldest);
        }

        RunReports.WriteRun(Path.GetFileName(options.Out), reports, notPossible, options.Seed, ReportFile);
    }

    private bool IsAttached => options.Attach.Count > 0;

    private ITestBedMaker MakerOf(Trial trial, string folder, Abilities abilities)
    {
        if (IsAttached)
        {
            return new AttachedCluster(options.Attach, folder);
        }

        Needs needs = trial.Kinds.Aggregate(abilities.Has(Needs.Network) ? Needs.Network : Needs.Nothing, (all, kind) => all | kind.Needs);
        return new TestBedMaker(options.Server ?? options.Bin, folder, RunName.Own, needs, Abilities.TimeLibrary ?? string.Empty);
    }

    /// <summary>The faults that can be had, and why not the others.</summary>
    private IEnumerable<FaultKind> Possible(Abilities abilities, Dictionary<string, string> leftOut)
    {
        foreach (FaultKind kind in Catalogue.All)
        {
            if (IsAttached)
            {
                if (kind.Attached(options.Hooks, options.Attach.Count) is { } attached)
                {
                    yield return attached;
                }
                else
                {
                    leftOut.Add(kind.Name, kind.Hooks is { } deeds ? $"no --hook {deeds.Begin} and {deeds.End} given" : "not possible on an attached cluster");
                }
            }
            else if (abilities.Obstacle(kind.Needs) is { } obstacle)
            {
                leftOut.Add(kind.Name, obstacle);
            }
            else
            {
                yield return kind;
            }
        }
    }

    private IEnumerable<Trial> TrialsOf(FaultKind[] possible, Dictionary<string, string> leftOut)
    {
        if (options.IsSoak)
        {
            for (int round = 0; ; round++)
            {
                Trial mixture = Trials.Of([], possible, 0, 1, options.Length, unchecked(options.Seed + round) & int.MaxValue).Single();
                yield return mixture with { Name = "soak-" + round.ToString(CultureInfo.InvariantCulture) };
            }
        }

        if (options.Faults.Contains("none"))
        {
            yield return new Trial("none", [], Mixing.Together, options.Length, options.Seed);
        }

        FaultKind[] alone = options.Faults.Contains("all") ? possible : [.. options.Faults.Where(name => name != "none").Select(name => Named(name, possible, leftOut))];
        foreach (Trial trial in Trials.Of(alone, possible, options.Pairs, options.Mixtures, options.Length, options.Seed))
        {
            yield return trial;
        }
    }

    private static FaultKind Named(string name, FaultKind[] possible, Dictionary<string, string> leftOut) =>
        possible.FirstOrDefault(kind => kind.Name == name)
        ?? (leftOut.TryGetValue(name, out string? why) ? throw new HarnessException($"{name} is not possible here: {why}") : throw new UsageException($"there is no fault '{name}'; see: goqueue verify list"));

    /// <summary>One line over everything.</summary>
    private int Conclude()
    {
        // An interrupted soak is judged by the trials that came to their end.
        Judgement[] counted = options.IsSoak ? [.. judgements.Where(judgement => judgement.Outcome.IsWhole || judgement.Valid == Validity.False)] : [.. judgements];
        Validity valid = counted.Any(judgement => judgement.Valid == Validity.False) ? Validity.False
            : counted.Length == 0 || counted.Any(judgement => judgement.Valid == Validity.Unknown) || (stop.IsCancellationRequested && !options.IsSoak) ? Validity.Unknown
            : Validity.True;
        string where = counted.Length == 1 ? Path.Combine(counted[0].Outcome.Folder, RunReports.FileName) : File.Exists(ReportFile) ? ReportFile : options.Out;
        Console.WriteLine(
            $"{Word(valid)}  seed {options.Seed}  {counted.Length} trials  {counted.Sum(judgement => judgement.Operations):N0} operations  {counted.Sum(judgement => judgement.Anomalies):N0} anomalies  {where}");
        return valid switch { Validity.True => 0, Validity.False => 1, _ => 2 };
    }

    private string ReportFile => Path.Combine(options.Out, RunReports.FileName);

    private static string Word(Validity valid) => valid switch { Validity.True => "valid", Validity.False => "invalid", _ => "unknown" };

    private void Interrupt(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (stop.IsCancellationRequested)
        {
            return; // it is being cleaned up already
        }

        Console.WriteLine("interrupted: taking everything away, judging what there is");
        stop.Cancel();
    }
}
