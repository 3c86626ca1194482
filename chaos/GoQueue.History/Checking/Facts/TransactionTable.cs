using GoQueue.History.Events;

namespace GoQueue.History.Checking.Facts;

/// <summary>One transaction.</summary>
internal sealed class TransactionFacts
{
    public required int Producer { get; init; }

    public required int? Epoch { get; init; }

    public required long InvokeEvent { get; init; }

    /// <summary>-1 while it is open.</summary>
    public long EndEvent { get; set; } = -1;

    public EventType Outcome { get; set; } = EventType.Info;

    public long? CommitSent { get; set; }

    /// <summary>A newer epoch of its producer had been handed out before it began.</summary>
    public bool IsZombie { get; init; }

    /// <summary>Messages it sends, in their order.</summary>
    public List<int> Sent { get; } = [];

    /// <summary>Messages it read.</summary>
    public List<int> Reads { get; } = [];

    /// <summary>Group and partition as one key, and the offset it commits there.</summary>
    public List<(string Key, long Offset)> Commits { get; } = [];

    /// <summary>Ok, or of unknown outcome.</summary>
    public bool MayBeCommitted => Outcome != EventType.Fail;
}

/// <summary>Every transaction, by number, and what else of producers and pipelines the checks of transactions need.</summary>
internal sealed class TransactionTable(CheckContext context)
{
    private readonly Dictionary<int, int> open = [];

    public List<TransactionFacts> All { get; } = [];

    public NameTable Producers { get; } = new();

    /// <summary>Newest epoch handed out, by producer, and the event that did.</summary>
    public Dictionary<int, (int Epoch, long Event)> Epochs { get; } = [];

    /// <summary>Outputs of each input message of a pipeline: numbers of messages.</summary>
    public SortedDictionary<int, List<int>> OutputsOf { get; } = [];

    /// <summary>Final committed offsets by group and partition; null: nothing committed.</summary>
    public Dictionary<string, long?> FinalOffsets { get; } = new(StringComparer.Ordinal);

    /// <summary>Groups and partitions whose offsets were reset, or committed outside transactions: they prove nothing about transactions.</summary>
    public HashSet<string> OtherCommits { get; } = new(StringComparer.Ordinal);

    public static string CommitKey(string group, string topic, int partition) => $"{group} {topic}-{partition}";

    public bool IsFenced(int producer, int? epoch, out long @event)
    {
        @event = -1;
        if (epoch is not { } mine || !Epochs.TryGetValue(producer, out (int Epoch, long Event) newest) || mine >= newest.Epoch)
        {
            return false;
        }

        @event = newest.Event;
        return true;
    }

    public void Invoked(HistoryEvent invocation)
    {
        switch (invocation.Value)
        {
            case TransactionValue value:
                int producer = Producers.Number(value.Producer);
                TransactionFacts transaction = new()
                {
                    Producer = producer, Epoch = value.Epoch, InvokeEvent = invocation.Index, IsZombie = IsFenced(producer, value.Epoch, out _),
                };
                open[invocation.Process] = All.Count;
                All.Add(transaction);
                Take(transaction, All.Count - 1, value);
                break;
            case SendValue send:
                Link(send);
                break;
            case GroupOffsetsValue commit when invocation.Operation is Operation.Commit or Operation.ResetOffsets:
                OtherCommits.UnionWith(commit.Offsets.Select(at => CommitKey(commit.Group, at.Topic, at.Partition)));
                break;
            default:
                break;
        }
    }

    public void Completed(HistoryEvent outcome)
    {
        if (outcome.Value is TransactionValue value && open.Remove(outcome.Process, out int number))
        {
            TransactionFacts transaction = All[number];
            transaction.EndEvent = outcome.Index;
            transaction.Outcome = outcome.Type;
            transaction.CommitSent = value.CommitSent;
            Take(transaction, number, value);
            foreach (HistoryRecord record in value.Steps.Where(static step => step.Poll is not null).SelectMany(static step => step.Poll!.Partitions).SelectMany(static partition => partition.Records))
            {
                if (record.Message is { } id)
                {
                    transaction.Reads.Add(context.Messages.Number(id));
                }
            }
        }
        else if (outcome is { Type: EventType.Ok, Value: ProducerValue { Epoch: { } epoch } started })
        {
            int producer = Producers.Number(started.Producer);
            if (!Epochs.TryGetValue(producer, out (int Epoch, long Event) known) || epoch > known.Epoch)
            {
                Epochs[producer] = (epoch, outcome.Index);
            }
        }
    }

    public void Observed(HistoryEvent seen)
    {
        if (seen is { Operation: Operation.GroupOffsets, Type: EventType.Ok, Value: GroupOffsetsValue dump })
        {
            foreach (PartitionPosition at in dump.Offsets)
            {
                FinalOffsets[CommitKey(dump.Group, at.Topic, at.Partition)] = at.Offset;
            }
        }
    }

    private void Take(TransactionFacts transaction, int number, TransactionValue value)
    {
        foreach (TransactionStep step in value.Steps)
        {
            if (step.Send is { } send)
            {
                Link(send);
                foreach (HistoryRecord record in send.Records)
                {
                    if (record.Message is { } id && context.Messages.Number(id) is var message && context.Messages[message].Transaction != number)
                    {
                        context.Messages[message].Transaction = number;
                        transaction.Sent.Add(message);
                    }
                }
            }
            else if (step.Commit is { } commit)
            {
                foreach (PartitionPosition at in commit.Offsets)
                {
                    (string, long) entry = (CommitKey(commit.Group, at.Topic, at.Partition), at.Offset ?? -1);
                    if (!transaction.Commits.Contains(entry))
                    {
                        transaction.Commits.Add(entry);
                    }
                }
            }
        }
    }

    private void Link(SendValue send)
    {
        foreach (HistoryRecord record in send.Records)
        {
            if (record is not { Source: { } source, Message: { } id })
            {
                continue;
            }

            int input = context.Messages.Number(source);
            if (!OutputsOf.TryGetValue(input, out List<int>? outputs))
            {
                OutputsOf.Add(input, outputs = []);
            }

            int output = context.Messages.Number(id);
            if (!outputs.Contains(output))
            {
                outputs.Add(output);
            }
        }
    }
}
