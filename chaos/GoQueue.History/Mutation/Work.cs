using GoQueue.History.Events;

namespace GoQueue.History.Mutation;

/// <summary>A history being changed, and what is known of it.</summary>
internal sealed class Work
{
    private readonly Dictionary<int, HistoryEvent> invocations = [];
    private readonly Random random;

    public Work(IReadOnlyList<HistoryEvent> events, Random random)
    {
        this.random = random;
        Events = [.. events];
        Dictionary<int, HistoryEvent> open = [];
        foreach (HistoryEvent next in events)
        {
            if (next.Operation.IsObservation())
            {
                continue;
            }

            if (next.Type == EventType.Invoke)
            {
                open[next.Process] = next;
            }
            else if (open.Remove(next.Process, out HistoryEvent? invocation))
            {
                invocations[(int)next.Index] = invocation;
            }
        }
    }

    /// <summary>Events by index.</summary>
    public List<HistoryEvent> Events { get; }

    public HistoryEvent InvocationOf(HistoryEvent outcome) => invocations[(int)outcome.Index];

    public IEnumerable<HistoryEvent> Ok(Operation operation) => Events.Where(next => next.Type == EventType.Ok && next.Operation == operation);

    public T? Pick<T>(IEnumerable<T> candidates)
    {
        List<T> list = [.. candidates];
        return list.Count == 0 ? default : list[random.Next(list.Count)];
    }

    public void Replace(HistoryEvent old, OperationValue value, EventType? type = null, string? error = null) =>
        Events[(int)old.Index] = old with { Value = value, Type = type ?? old.Type, Error = error ?? old.Error };

    /// <summary>Changes every final read of a partition.</summary>
    public void ChangeFinals(string topic, int partition, Func<FinalReadValue, FinalReadValue> change, Func<HistoryEvent, bool>? which = null)
    {
        foreach (HistoryEvent read in Ok(Operation.FinalRead).ToList())
        {
            if (read.Value is FinalReadValue value && value.Topic == topic && value.Partition == partition && which?.Invoke(read) != false)
            {
                Replace(read, change(value));
            }
        }
    }

    public void DropFromFinals(string topic, int partition, MessageId id, Func<HistoryEvent, bool>? which = null) =>
        ChangeFinals(topic, partition, value => value with { Records = [.. value.Records.Where(record => record.Message != id)] }, which);

    /// <summary>Behind everything that any replica has.</summary>
    public void AppendToFinals(string topic, int partition, HistoryRecord record)
    {
        long end = Ok(Operation.FinalRead).Select(static read => read.As<FinalReadValue>()).Where(read => read.Topic == topic && read.Partition == partition).Max(static read => read.End) + 10;
        ChangeFinals(topic, partition, value => value.IsLast ? value with { Records = [.. value.Records, record with { Offset = end }], End = end + 1 } : value);
    }

    /// <summary>The last part of the final read of each replica that is in sync as far as the history knows, of partitions that several replicas gave.</summary>
    public IEnumerable<HistoryEvent> LastReadsInSync()
    {
        bool hasRecovered = Events.Exists(static next => next is { Type: EventType.Ok, Value: PhaseValue { Phase: RunPhase.Recovered } });
        ILookup<(string, int), LeaderValue> leaders = Ok(Operation.Leader).Select(static next => next.As<LeaderValue>()).Where(static leader => leader.InSync.Count > 0).ToLookup(static leader => (leader.Topic, leader.Partition));
        foreach (IGrouping<(string, int), HistoryEvent> partition in Ok(Operation.FinalRead).Where(static read => read.As<FinalReadValue>().IsLast).GroupBy(static read => (read.As<FinalReadValue>().Topic, read.As<FinalReadValue>().Partition)))
        {
            LeaderValue? newest = leaders[partition.Key].OrderBy(static leader => (leader.LeaderEpoch, leader.PartitionEpoch ?? 0)).LastOrDefault();
            foreach (HistoryEvent read in partition.Where(read => partition.Count() > 1 && (newest is null ? hasRecovered : newest.InSync.Contains(read.Node))))
            {
                yield return read;
            }
        }
    }

    /// <summary>Every record in a final read, once for each replica.</summary>
    public IEnumerable<(HistoryEvent Read, FinalReadValue Value, HistoryRecord Record)> FinalRecords() =>
        from read in Ok(Operation.FinalRead)
        let value = read.As<FinalReadValue>()
        from record in value.Records
        select (read, value, record);

    /// <summary>Messages of acknowledged plain sends with acks=all.</summary>
    public IEnumerable<(HistoryEvent Outcome, SendValue Send, HistoryRecord Record)> Acknowledged() =>
        from outcome in Ok(Operation.Send)
        let send = outcome.As<SendValue>()
        where send.Acks == SendAcks.All
        from record in send.Records
        select (outcome, send, record);

    public IEnumerable<(HistoryEvent Outcome, PollValue Poll, PolledPartition Partition)> Polled() =>
        from outcome in Ok(Operation.Poll)
        let poll = outcome.As<PollValue>()
        where poll.Isolation == ReadIsolation.Committed
        from partition in poll.Partitions
        select (outcome, poll, partition);

    public void ReplacePolled(HistoryEvent outcome, PollValue poll, PolledPartition old, PolledPartition changed) =>
        Replace(outcome, poll with { Partitions = [.. poll.Partitions.Select(partition => ReferenceEquals(partition, old) ? changed : partition)] });

    public Mutation Done(MutationKind kind, string words, params string[] expected) => new(kind, words, expected, Events);
}
