using System.Collections.Concurrent;
using System.Globalization;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Clients;

/// <summary>The history as a client process has it: every event is written by the harness before the call returns. Safe from any thread.</summary>
internal sealed class RemoteRecorder(TextWriter toHarness) : IHistoryRecorder
{
    private readonly Lock gate = new();
    private readonly BlockingCollection<string> answers = [];

    /// <summary>An answer of the harness has come.</summary>
    public void Answer(string line) => answers.Add(line);

    public HistoryEvent Record(int process, EventType type, Operation operation, OperationValue value, string? error = null, string? node = null, IReadOnlyDictionary<string, string>? extra = null)
    {
        HistoryEvent recorded = new() { Index = 0, Time = 0, Process = process, Type = type, Operation = operation, Value = value, Error = error, Node = node, Extra = extra };
        Ask(HistoryFormat.Line(recorded));
        return recorded;
    }

    public int NewProcess() => int.Parse(Ask(ClientLines.NewProcess), CultureInfo.InvariantCulture);

    private string Ask(string line)
    {
        lock (gate)
        {
            toHarness.WriteLine(line);
            toHarness.Flush();
            return answers.Take();
        }
    }
}
