namespace GoQueue.History.Events;

/// <summary>One line of a history.</summary>
/// <remarks>
/// An operation that is asked is two events of one process: <see cref="EventType.Invoke"/> before the request leaves, and one of the others after the answer
/// came. A process has at most one operation open. After <see cref="EventType.Info"/> its number is not used again.
/// </remarks>
public sealed record HistoryEvent
{
    /// <summary>Place in the history, from 0, without gaps.</summary>
    public required long Index { get; init; }

    /// <summary>Nanoseconds since the start of the run, on the one monotonic clock of the harness.</summary>
    public required long Time { get; init; }

    /// <summary>Who: a client from 0 on; <see cref="HistoryProcess.Harness"/> for the harness itself.</summary>
    public required int Process { get; init; }

    public required EventType Type { get; init; }

    public required Operation Operation { get; init; }

    /// <summary>What was asked or answered; of the type that <see cref="Operations.ValueType"/> names.</summary>
    public required OperationValue Value { get; init; }

    /// <summary>Why it failed or is unknown: the stable code of the product where there is one, else words of the client.</summary>
    public string? Error { get; init; }

    /// <summary>Node that answered, or that is looked at.</summary>
    public string? Node { get; init; }

    /// <summary>For people: nothing is judged by it.</summary>
    public IReadOnlyDictionary<string, string>? Extra { get; init; }

    /// <summary>Line in the file it was read from, from 1; 0 when it never was in a file.</summary>
    public long Line { get; init; }

    /// <summary>The value as <typeparamref name="T"/>.</summary>
    public T As<T>()
        where T : OperationValue => (T)Value;

    public override string ToString() => $"{Index} {Time / 1_000_000}ms p{Process} {Type.ToString().ToLowerInvariant()} {Operation.Name()} {Value}{(Error is null ? "" : " " + Error)}";
}

/// <summary>Process numbers with a meaning.</summary>
public static class HistoryProcess
{
    /// <summary>The harness: nemesis, phases, observations.</summary>
    public const int Harness = -1;
}
