using GoQueue.History.Events;

namespace GoQueue.History.Format;

/// <summary>A history in memory: of a simulation, of a test.</summary>
/// <param name="nanos">The clock of the events, in nanoseconds; never goes back.</param>
public sealed class HistoryList(Func<long> nanos) : IHistoryRecorder
{
    private readonly Lock guard = new();
    private readonly List<HistoryEvent> events = [];
    private int processes;

    /// <summary>Not to be read while somebody still records.</summary>
    public IReadOnlyList<HistoryEvent> Events => events;

    public HistoryEvent Record(int process, EventType type, Operation operation, OperationValue value, string? error = null, string? node = null, IReadOnlyDictionary<string, string>? extra = null)
    {
        lock (guard)
        {
            HistoryEvent recorded = new()
            {
                Index = events.Count, Time = nanos(), Process = process, Type = type, Operation = operation, Value = value, Error = error, Node = node, Extra = extra,
            };
            events.Add(recorded);
            return recorded;
        }
    }

    public int NewProcess() => Interlocked.Increment(ref processes) - 1;
}
