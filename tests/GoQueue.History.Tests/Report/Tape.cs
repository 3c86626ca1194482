using GoQueue.History.Events;

namespace GoQueue.History.Tests.Report;

/// <summary>Events at times that the test chooses, for what is computed from times.</summary>
internal sealed class Tape
{
    private readonly List<HistoryEvent> events = [];
    private int process;

    public IReadOnlyList<HistoryEvent> Events => events;

    public Tape Phase(double at, RunPhase phase, EventType type = EventType.Ok) => Add(at, -1, type, Operation.Phase, new PhaseValue { Phase = phase });

    public Tape Fault(double from, double until, int number = 1, bool tookEffect = true) => Nemesis(from, FaultEdge.Begin, number, tookEffect).Nemesis(until, FaultEdge.End, number, tookEffect);

    public Tape Nemesis(double at, FaultEdge edge, int number = 1, bool tookEffect = true) => Add(
        at, -1, EventType.Ok, Operation.Nemesis, new NemesisValue { Fault = "kill-one", Number = number, Edge = edge, Targets = ["n2"], TookEffect = tookEffect, Proof = "its process is gone" });

    /// <summary>A send by a process of its own. No end: it stays open.</summary>
    public Tape Send(double from, double? until, int partition = 0, EventType type = EventType.Ok)
    {
        SendValue value = new() { Topic = "t", Partition = partition, Records = [] };
        int own = process++;
        Add(from, own, EventType.Invoke, Operation.Send, value);
        return until is { } at ? Add(at, own, type, Operation.Send, value) : this;
    }

    public Tape Poll(double from, double until)
    {
        PollValue value = new() { Partitions = [] };
        int own = process++;
        Add(from, own, EventType.Invoke, Operation.Poll, value);
        return Add(until, own, EventType.Ok, Operation.Poll, value);
    }

    /// <summary>In the order of their times, numbered.</summary>
    public IEnumerable<HistoryEvent> InOrder() => events.OrderBy(static each => each.Time).Select(static (each, index) => each with { Index = index });

    private Tape Add(double at, int by, EventType type, Operation operation, OperationValue value)
    {
        events.Add(new HistoryEvent { Index = 0, Time = (long)(at * 1e9), Process = by, Type = type, Operation = operation, Value = value });
        return this;
    }
}
