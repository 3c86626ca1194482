using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Checking;

/// <summary>
/// Is this a history at all? Events in order, one open operation a process, outcomes of what was asked. What is not is left out of the judgement and told of.
/// </summary>
internal sealed class EventOrder
{
    private readonly Dictionary<int, HistoryEvent> open = [];
    private readonly HashSet<int> retired = [];
    private readonly List<HistoryProblem> problems = [];
    private long lastIndex = -1;
    private long lastTime = long.MinValue;

    /// <summary>The first ones.</summary>
    public IReadOnlyList<HistoryProblem> Problems => problems;

    public long ProblemCount { get; private set; }

    /// <summary>Asked and not answered, in the order they were asked.</summary>
    public IEnumerable<HistoryEvent> Open => open.Values.OrderBy(static invocation => invocation.Index);

    /// <summary>Takes the next event.</summary>
    /// <param name="invocation">What an outcome belongs to.</param>
    /// <returns>False when it must be left out.</returns>
    public bool Accept(HistoryEvent next, out HistoryEvent? invocation)
    {
        invocation = null;
        return CheckIndex(next) && CheckTime(next) && (next.Operation.IsObservation() ? CheckObservation(next) : CheckProcess(next, out invocation));
    }

    private bool CheckIndex(HistoryEvent next)
    {
        if (next.Index <= lastIndex)
        {
            return next.Index == lastIndex
                ? Refuse(ProblemKind.DuplicateIndex, next, $"index {next.Index} is there twice; the second event is not judged")
                : Refuse(ProblemKind.OutOfOrder, next, $"index {next.Index} comes behind {lastIndex}: out of order, or two histories in one; the event is not judged");
        }

        if (next.Index != lastIndex + 1)
        {
            Refuse(ProblemKind.Gap, next, $"indexes {lastIndex + 1} to {next.Index - 1} are missing: what happened in them is not known");
        }

        lastIndex = next.Index;
        return true;
    }

    private bool CheckTime(HistoryEvent next)
    {
        if (next.Time < lastTime)
        {
            return Refuse(ProblemKind.TimeGoesBack, next, $"time {next.Time} is before {lastTime} of the event before; the event is not judged");
        }

        lastTime = next.Time;
        return true;
    }

    private bool CheckObservation(HistoryEvent next) =>
        next.Type != EventType.Invoke || Refuse(ProblemKind.TwoOpen, next, $"{next.Operation.Name()} is seen, never asked; the event is not judged");

    private bool CheckProcess(HistoryEvent next, out HistoryEvent? invocation)
    {
        invocation = null;
        if (next.Type == EventType.Invoke)
        {
            if (retired.Contains(next.Process))
            {
                return Refuse(ProblemKind.ProcessNotRetired, next, $"process {next.Process} asks again after an operation whose outcome is unknown; the event is not judged");
            }

            return open.TryAdd(next.Process, next)
                || Refuse(ProblemKind.TwoOpen, next, $"process {next.Process} asks while its operation {open[next.Process].Index} is open; the event is not judged");
        }

        if (!open.TryGetValue(next.Process, out HistoryEvent? asked) || asked.Operation != next.Operation)
        {
            return Refuse(ProblemKind.OutcomeWithoutInvocation, next, $"an outcome of {next.Operation.Name()} of process {next.Process}, which did not ask for it; the event is not judged");
        }

        open.Remove(next.Process);
        if (next.Type == EventType.Info)
        {
            retired.Add(next.Process);
        }

        invocation = asked;
        return true;
    }

    private bool Refuse(ProblemKind kind, HistoryEvent at, string message)
    {
        ProblemCount++;
        if (problems.Count < HistoryReader.MaxProblems)
        {
            problems.Add(new HistoryProblem(kind, at.Line, at.Line > 0 ? message : $"event {at.Index}: {message}"));
        }

        return false;
    }
}
