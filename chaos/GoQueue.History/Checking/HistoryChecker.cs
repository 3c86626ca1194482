using GoQueue.History.Checking.Log;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Checking;

/// <summary>
/// Judges a history: feed it the events in their order, then ask. Keeps about a hundred bytes per message, nothing per event. Not for several threads.
/// </summary>
public sealed class HistoryChecker
{
    private readonly CheckContext context;
    private readonly EventOrder order = new();
    private readonly OperationCounter counter = new();
    private readonly Check[] checks;
    private long events;

    public HistoryChecker(CheckOptions options)
    {
        context = new CheckContext(options);
        checks = AllChecks.Create(context);
    }

    /// <summary>Judges a whole history.</summary>
    public static Verdict Check(IEnumerable<HistoryEvent> events, CheckOptions options)
    {
        HistoryChecker checker = new(options);
        foreach (HistoryEvent next in events)
        {
            checker.Add(next);
        }

        return checker.Finish();
    }

    /// <summary>Judges a file by the configuration in its header. What cannot be read is told of, and the verdict is unknown at best.</summary>
    /// <param name="change">Changes the options made from the header; null leaves them.</param>
    public static Verdict CheckFile(string path, Func<CheckOptions, CheckOptions>? change = null)
    {
        using HistoryReader reader = HistoryReader.Open(path);
        return CheckFile(reader, change);
    }

    /// <inheritdoc cref="CheckFile(string, Func{CheckOptions, CheckOptions}?)"/>
    public static Verdict CheckFile(HistoryReader reader, Func<CheckOptions, CheckOptions>? change = null)
    {
        CheckOptions options = new() { Configuration = reader.Run?.Configuration ?? new RunConfiguration { Topics = [] } };
        HistoryChecker checker = new(change is null ? options : change(options));
        foreach (HistoryEvent next in reader.Events())
        {
            checker.Add(next);
        }

        return checker.Finish(reader.Problems, reader.ProblemCount);
    }

    /// <summary>Takes the next event.</summary>
    public void Add(HistoryEvent next)
    {
        if (!order.Accept(next, out HistoryEvent? invocation))
        {
            return;
        }

        events++;
        context.Now = next.Time;
        counter.Count(next);
        foreach (Check check in checks)
        {
            if (invocation is not null)
            {
                check.Completed(invocation, next);
            }
            else if (next.Type == EventType.Invoke)
            {
                check.Invoked(next);
            }
            else
            {
                check.Observed(next);
            }
        }
    }

    /// <summary>The judgement; once.</summary>
    /// <param name="problems">What the reader of the file could not read.</param>
    public Verdict Finish(IReadOnlyList<HistoryProblem>? problems = null, long problemCount = 0)
    {
        foreach (Check check in checks)
        {
            check.Finish();
        }

        // What was found may come of what is missing: a message whose send is in a lost line is one that nobody sent.
        bool hasHoles = (problems ?? []).Concat(order.Problems).Any(static problem => problem.IsHole) || problemCount + order.ProblemCount > 2 * HistoryReader.MaxProblems;
        List<string> reasons = [.. hasHoles ? ["events are missing or are not judged: what was found may come of that"] : Array.Empty<string>(), .. Document(problems ?? [], problemCount), .. counter.Doubts(context.Options), .. context.Faults.Doubts(context.Configuration.AreFaultsDrawn), .. context.Doubts];
        IReadOnlyList<Anomaly> anomalies = context.Findings.ToAnomalies();
        return new Verdict
        {
            Valid = anomalies.Any(static anomaly => anomaly.Level == AnomalyLevel.Error) && !hasHoles ? Validity.False : reasons.Count > 0 ? Validity.Unknown : Validity.True,
            Reasons = reasons,
            Anomalies = anomalies,
            Operations = counter.Counts,
            Events = events,
        };
    }

    private IEnumerable<string> Document(IReadOnlyList<HistoryProblem> problems, long problemCount)
    {
        foreach (HistoryProblem problem in problems.Concat(order.Problems).OrderBy(static problem => problem.Line))
        {
            yield return problem.ToString();
        }

        long more = problemCount + order.ProblemCount - problems.Count - order.Problems.Count;
        if (more > 0)
        {
            yield return $"and {more} more such problems";
        }
    }
}
