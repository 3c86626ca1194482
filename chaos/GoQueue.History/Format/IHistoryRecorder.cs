using GoQueue.History.Events;

namespace GoQueue.History.Format;

/// <summary>Takes events as they happen. Safe from many threads; the order of the calls is the order of the history.</summary>
public interface IHistoryRecorder
{
    /// <summary>
    /// Writes one event and returns it with its index and time. Call it before the request leaves (invoke) and after the answer came (the others): then an
    /// operation lies, for certain, between its two events.
    /// </summary>
    /// <exception cref="ArgumentException">The value is not of the operation's type, or the line would be too long.</exception>
    HistoryEvent Record(int process, EventType type, Operation operation, OperationValue value, string? error = null, string? node = null, IReadOnlyDictionary<string, string>? extra = null);

    /// <summary>A process number that nobody had yet: for a new client, and for one whose operation ended as info.</summary>
    int NewProcess();
}

/// <summary>Short forms of <see cref="IHistoryRecorder.Record"/>.</summary>
public static class HistoryRecording
{
    public static HistoryEvent Invoke(this IHistoryRecorder recorder, int process, Operation operation, OperationValue value) =>
        recorder.Record(process, EventType.Invoke, operation, value);

    public static HistoryEvent Ok(this IHistoryRecorder recorder, int process, Operation operation, OperationValue value, string? node = null) =>
        recorder.Record(process, EventType.Ok, operation, value, node: node);

    public static HistoryEvent Fail(this IHistoryRecorder recorder, int process, Operation operation, OperationValue value, string error, string? node = null) =>
        recorder.Record(process, EventType.Fail, operation, value, error, node);

    /// <summary>The process number must not be used again: go on with <see cref="IHistoryRecorder.NewProcess"/>.</summary>
    public static HistoryEvent Info(this IHistoryRecorder recorder, int process, Operation operation, OperationValue value, string error, string? node = null) =>
        recorder.Record(process, EventType.Info, operation, value, error, node);

    /// <summary>Something that the harness saw or did.</summary>
    public static HistoryEvent Observe(this IHistoryRecorder recorder, Operation operation, OperationValue value, string? node = null) =>
        recorder.Record(HistoryProcess.Harness, EventType.Ok, operation, value, node: node);
}
