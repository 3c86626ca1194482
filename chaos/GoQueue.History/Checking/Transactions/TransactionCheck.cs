using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Transactions;

/// <summary>
/// What is visible of each transaction. T2: nothing of an aborted one. T3: all or nothing. T5: nothing before it asked to commit. T6: something of a committed one.
/// T7: nothing in a later one. T8: nothing of a fenced producer. Feeds the table that the other checks of transactions read, so it stands before them.
/// </summary>
internal sealed class TransactionCheck(CheckContext context) : Check(context)
{
    private Dictionary<(string Key, long Offset), int>? committers;

    private TransactionTable Table => Context.Transactions;

    public override void Invoked(HistoryEvent invocation)
    {
        Table.Invoked(invocation);
        if (invocation.Value is SendValue { Producer: { } name } send && Table.IsFenced(Table.Producers.Number(name), send.Epoch, out _))
        {
            foreach (HistoryRecord record in send.Records)
            {
                if (record.Message is { } id)
                {
                    Context.Messages[Context.Messages.Number(id)].Marks |= MessageMarks.Zombie;
                }
            }
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        Table.Completed(outcome);
        switch (outcome.Value)
        {
            case SendValue send when outcome.Type == EventType.Ok && send.Records.Any(record => record.Message is { } id && Context.Messages[Context.Messages.Number(id)].Has(MessageMarks.Zombie)):
                Report("T8", $"a send of {send.Producer}, epoch {send.Epoch}, was acknowledged after it had been fenced", [invocation.Index, outcome.Index]);
                break;
            case PollValue poll when outcome.Type == EventType.Ok:
                CheckEpochs(outcome, poll.Partitions.SelectMany(static partition => partition.Records));
                break;
            default:
                break;
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        Table.Observed(seen);
        if (seen.Value is FinalReadValue read)
        {
            CheckEpochs(seen, read.Records);
        }
    }

    public override void Finish()
    {
        CheckLaterOnes();
        foreach (TransactionFacts transaction in Table.All)
        {
            CheckVisible(transaction);
            CheckTorn(transaction);
            CheckEarly(transaction);
        }

        foreach (ref readonly MessageFacts message in Context.Messages.All)
        {
            if (message.Has(MessageMarks.Zombie) && message.Has(MessageMarks.SeenCommitted) && message.Outcome != SendOutcome.Ok)
            {
                Report("T8", $"{message.Id} was sent under an epoch that had been fenced, and is visible", [message.SentEvent, message.SeenEvent], message.SeenPartition, message.SeenOffset);
            }
        }
    }

    /// <summary>The batch of a record names the epoch it took effect in; every transaction has its own.</summary>
    private void CheckEpochs(HistoryEvent at, IEnumerable<HistoryRecord> records)
    {
        foreach (HistoryRecord record in records)
        {
            if (record is not { ProducerEpoch: { } epoch, Message: { } id })
            {
                continue;
            }

            ref MessageFacts message = ref Context.Messages[Context.Messages.Number(id)];
            if (message.Transaction >= 0 && Table.All[message.Transaction].Epoch is { } own && own != epoch)
            {
                Contaminates(ref message, $"{id} was sent in epoch {own} and took effect in epoch {epoch}", at.Index);
            }
        }
    }

    /// <summary>In a partition all messages of a transaction stand before those of the producer's next one. From the last transaction back.</summary>
    private void CheckLaterOnes()
    {
        Dictionary<(int Producer, int Partition), (long Offset, int Message)> firstOfLater = [];
        for (int i = Table.All.Count - 1; i >= 0; i--)
        {
            TransactionFacts transaction = Table.All[i];
            if (transaction.IsZombie)
            {
                continue;
            }

            foreach (int number in transaction.Sent)
            {
                ref MessageFacts message = ref Context.Messages[number];
                if (message.SeenOffset >= 0 && firstOfLater.TryGetValue((transaction.Producer, message.SeenPartition), out (long Offset, int Message) later) && message.SeenOffset > later.Offset)
                {
                    Contaminates(ref message, $"{message.Id} stands at {message.SeenOffset}, behind {Context.Messages[later.Message].Id} of a later transaction of its producer", message.SeenEvent);
                }
            }

            foreach (int number in transaction.Sent)
            {
                ref readonly MessageFacts message = ref Context.Messages[number];
                (int, int) key = (transaction.Producer, message.SeenPartition);
                if (message.SeenOffset >= 0 && (!firstOfLater.TryGetValue(key, out (long Offset, int Message) known) || message.SeenOffset < known.Offset))
                {
                    firstOfLater[key] = (message.SeenOffset, number);
                }
            }
        }
    }

    private void Contaminates(ref MessageFacts message, string text, long at)
    {
        if (!message.Has(MessageMarks.Contaminates))
        {
            message.Marks |= MessageMarks.Contaminates;
            Report("T7", text, [message.SentEvent, at], message.SeenPartition < 0 ? message.Partition : message.SeenPartition, message.SeenOffset);
        }
    }

    private void CheckVisible(TransactionFacts transaction)
    {
        if (transaction is { IsZombie: true, Outcome: EventType.Ok, EndEvent: >= 0 })
        {
            Report("T8", $"a transaction of {Table.Producers[transaction.Producer]}, epoch {transaction.Epoch}, was committed after it had been fenced", [transaction.InvokeEvent, transaction.EndEvent]);
            return;
        }

        foreach (int number in transaction.Sent)
        {
            ref readonly MessageFacts message = ref Context.Messages[number];
            if (!message.Has(MessageMarks.SeenCommitted) || message.Has(MessageMarks.Contaminates))
            {
                continue;
            }

            if (transaction.IsZombie)
            {
                Report("T8", $"{message.Id} of a fenced producer is visible", [transaction.InvokeEvent, message.SeenEvent], message.SeenPartition, message.SeenOffset);
            }
            else if (!transaction.MayBeCommitted)
            {
                Report("T2", $"{message.Id} of an aborted transaction was read", [transaction.EndEvent, message.SeenEvent], message.SeenPartition, message.SeenOffset);
            }
        }
    }

    private void CheckTorn(TransactionFacts transaction)
    {
        if (!transaction.MayBeCommitted || transaction.IsZombie)
        {
            return;
        }

        int there = 0;
        int judged = 0;
        int lost = -1;
        foreach (int number in transaction.Sent)
        {
            ref readonly MessageFacts message = ref Context.Messages[number];
            int partition = message.SeenPartition >= 0 ? message.SeenPartition : message.Partition;
            long offset = message.SeenOffset >= 0 ? message.SeenOffset : message.AckOffset;
            if (partition < 0 || !Context.Partitions[partition].WasReadFinally || (offset >= 0 && offset < Context.Partitions[partition].FinalStart)
                || Context.Findings.IsForgiven(Context.Partitions.Name(partition).Topic))
            {
                continue;
            }

            judged++;
            there += message.Has(MessageMarks.Final) ? 1 : 0;
            lost = message.Has(MessageMarks.Final) ? lost : number;
        }

        (int committed, int open) = Offsets(transaction);
        bool isCommitted = transaction is { Outcome: EventType.Ok, EndEvent: >= 0 };
        long[] events = [transaction.InvokeEvent, .. transaction.EndEvent >= 0 ? [transaction.EndEvent] : Array.Empty<long>()];
        if (isCommitted && judged > 0 && there == 0)
        {
            Report("T6", $"a transaction of {Table.Producers[transaction.Producer]} was committed, and nothing of it is there", events);
        }
        else if (there > 0 && there < judged)
        {
            Report("T3", $"{there} of {judged} messages of a transaction of {Table.Producers[transaction.Producer]} are there; {Context.Messages[lost].Id} is not", events);
        }
        else if ((there > 0 && open > 0) || (judged > 0 && there == 0 && committed > 0))
        {
            Report("T3", $"of a transaction of {Table.Producers[transaction.Producer]} the messages are {(there > 0 ? "" : "not ")}there, and the offsets {(there > 0 ? "not " : "")}committed", events);
        }
    }

    /// <summary>Committed offsets of this transaction that the dump at the end shows, or shows to be missing. Only where nothing but transactions commits.</summary>
    private (int Committed, int Open) Offsets(TransactionFacts transaction)
    {
        int committed = 0;
        int open = 0;
        foreach ((string key, long offset) in transaction.Commits)
        {
            if (!Table.FinalOffsets.TryGetValue(key, out long? stored) || Table.OtherCommits.Contains(key))
            {
                continue;
            }

            open += (stored ?? -1) < offset ? 1 : 0;
            committed += stored == offset && CommittersOf(key, offset) == 1 ? 1 : 0;
        }

        return (committed, open);
    }

    private int CommittersOf(string key, long offset)
    {
        if (committers is null)
        {
            committers = [];
            foreach ((string Key, long Offset) commit in Table.All.SelectMany(static transaction => transaction.Commits))
            {
                committers[commit] = committers.GetValueOrDefault(commit) + 1;
            }
        }

        return committers.GetValueOrDefault((key, offset));
    }

    private void CheckEarly(TransactionFacts transaction)
    {
        HashSet<int>? own = transaction.Reads.Count > 0 ? [.. transaction.Sent] : null;
        if (own is not null && transaction.Reads.FindIndex(own.Contains) is >= 0 and var read)
        {
            Report("T5", $"a transaction read its own {Context.Messages[transaction.Reads[read]].Id} before it was committed", [transaction.InvokeEvent, transaction.EndEvent]);
        }

        if (transaction.CommitSent is not { } asked || !transaction.MayBeCommitted)
        {
            return;
        }

        foreach (int number in transaction.Sent)
        {
            ref readonly MessageFacts message = ref Context.Messages[number];
            if (message.SeenTime >= 0 && message.SeenTime < asked && (own is null || !own.Contains(number)))
            {
                Report("T5", $"{message.Id} was read {(asked - message.SeenTime) / 1_000_000} ms before its transaction asked to commit", [transaction.InvokeEvent, message.SeenEvent], message.SeenPartition, message.SeenOffset);
            }
        }
    }
}
