using GoQueue.History.Events;

namespace GoQueue.History.Checking;

/// <summary>How much happened: a run in which nothing worked proves nothing.</summary>
internal sealed class OperationCounter
{
    private readonly long[][] counts = [.. Operations.All.Select(static _ => new long[4])];
    private bool isDone;
    private long recordsRead;

    public IReadOnlyList<OperationCount> Counts =>
    [
        .. from operation in Operations.All
           let count = new OperationCount(operation, Of(operation, EventType.Invoke), Of(operation, EventType.Ok), Of(operation, EventType.Fail), Of(operation, EventType.Info))
           where count.Invoked + count.Ok + count.Fail + count.Info > 0
           select count,
    ];

    public void Count(HistoryEvent next)
    {
        counts[(int)next.Operation][(int)next.Type]++;
        isDone |= next.Value is PhaseValue { Phase: RunPhase.Done };
        recordsRead += next switch
        {
            { Type: EventType.Ok, Value: PollValue poll } => poll.Partitions.Sum(static partition => partition.Records.Count),
            { Type: EventType.Ok, Value: FinalReadValue read } => read.Records.Count,
            { Type: EventType.Ok, Value: ReceiveValue receive } => receive.Deliveries.Count,
            _ => 0,
        };
    }

    public IEnumerable<string> Doubts(CheckOptions options)
    {
        if (Counts.All(static count => count.Invoked == 0))
        {
            yield return "no operation was asked";
            yield break;
        }

        foreach (OperationCount count in Counts.Where(count => count.Invoked > 0 && count.Ok < options.MinimumOk))
        {
            yield return $"only {count.Ok} of {count.Invoked} operations {count.Operation.Name()} were ok, at least {options.MinimumOk} are needed to say something";
        }

        if (Of(Operation.Send, EventType.Ok) > 0 && recordsRead == 0 && options.NeedsFinalPhase)
        {
            yield return "messages were acknowledged and none was read";
        }

        if (!isDone && options.NeedsFinalPhase)
        {
            yield return "the final phase was not completed: what is missing at the end was not looked for";
        }
    }

    private long Of(Operation operation, EventType type) => counts[(int)operation][(int)type];
}
