using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>
/// Writes down what was sent, answered and read, for all checks; runs before them. What can be said at once is said here: two messages at one offset (L3),
/// a read message replaced (L2), a negative offset (L4), a message at two offsets (L5), a body or digest that differs (L7).
/// </summary>
internal sealed class LogFacts(CheckContext context) : Check(context)
{
    private MessageTable Messages => Context.Messages;

    public override void Invoked(HistoryEvent invocation)
    {
        switch (invocation.Value)
        {
            case SendValue send:
                Sent(invocation, send, SendKind.Plain);
                break;
            case TransactionValue transaction:
                foreach (SendValue send in transaction.Steps.Select(static step => step.Send).OfType<SendValue>())
                {
                    Sent(invocation, send, SendKind.Transaction);
                }

                break;
            case ScheduleValue schedule:
                SentOne(invocation, schedule.Record, schedule.Topic, schedule.Partition, SendKind.Scheduled, SendAcks.All, isIdempotent: true);
                break;
            default:
                break;
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        switch (outcome.Value)
        {
            case SendValue send:
                Answered(outcome, send);
                break;
            case PollValue poll when outcome.Type == EventType.Ok:
                Polled(outcome, poll);
                break;
            case ReceiveValue receive when outcome.Type == EventType.Ok:
                foreach (Delivery delivery in receive.Deliveries)
                {
                    HistoryRecord record = new(delivery.Offset, delivery.Message) { Key = delivery.Key };
                    Observe(outcome, Context.Partitions.Number(receive.Topic, delivery.Partition), record, isCommitted: true, MessageMarks.Delivered);
                }

                break;
            case TransactionValue transaction:
                foreach (TransactionStep step in transaction.Steps)
                {
                    if (step.Send is { } send)
                    {
                        Answered(outcome, send);
                    }
                    else if (step.Poll is { } poll)
                    {
                        Polled(outcome, poll);
                    }
                }

                break;
            case ScheduleValue schedule:
                SetOutcome(outcome, schedule.Record, schedule.Topic, schedule.Partition, null);
                break;
            case TopicValue topic when outcome.Operation == Operation.Delete && outcome.Type != EventType.Fail:
                Context.Findings.Forgive(topic.Topic);
                break;
            default:
                break;
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        Context.Faults.Observe(seen);
        if (seen.Value is FinalReadValue { } read && seen.Type == EventType.Ok)
        {
            int partition = Context.Partitions.Number(read.Topic, read.Partition);
            PartitionFacts facts = Context.Partitions[partition];
            facts.FinalStart = Math.Min(facts.FinalStart, read.Start);
            foreach (HistoryRecord record in read.Records)
            {
                Observe(seen, partition, record, isCommitted: true, MessageMarks.Final);
                facts.MaxFinal = Math.Max(facts.MaxFinal, record.Offset ?? -1);
            }

            facts.WasReadFinally |= read.IsLast;
            facts.FinalEvent = seen.Index;
        }
    }

    private void Sent(HistoryEvent at, SendValue send, SendKind kind)
    {
        foreach (HistoryRecord record in send.Records)
        {
            SentOne(at, record, send.Topic, send.Partition, kind, send.Acks, send.IsIdempotent || kind == SendKind.Transaction);
        }
    }

    private void SentOne(HistoryEvent at, HistoryRecord record, string topic, int? partition, SendKind kind, SendAcks acks, bool isIdempotent)
    {
        if (record.Message is not { } id)
        {
            return;
        }

        ref MessageFacts message = ref Messages[Messages.Number(id)];
        message.Outcome = SendOutcome.Open;
        message.Kind = kind;
        message.Acks = acks;
        message.Partition = partition is { } known ? Context.Partitions.Number(topic, known) : -1;
        message.Key = Context.Keys.NumberOrNone(record.Key);
        message.HasDigest = record.Digest is not null;
        message.Digest = record.Digest ?? 0;
        message.SentEvent = at.Index;
        message.SentTime = at.Time;
        message.Marks |= (isIdempotent ? MessageMarks.Idempotent : 0) | (record.IsTombstone ? MessageMarks.Tombstone : 0);
    }

    private void Answered(HistoryEvent at, SendValue send)
    {
        foreach (HistoryRecord record in send.Records)
        {
            SetOutcome(at, record, send.Topic, send.Partition, record.Offset);
        }
    }

    private void SetOutcome(HistoryEvent at, HistoryRecord record, string topic, int? index, long? offset)
    {
        if (record.Message is not { } id)
        {
            return;
        }

        int number = Messages.Number(id);
        ref MessageFacts message = ref Messages[number];
        message.Outcome = at.Type switch { EventType.Ok => SendOutcome.Ok, EventType.Fail => SendOutcome.Fail, _ => SendOutcome.Info };
        message.OutcomeEvent = at.Index;
        if (index is { } known)
        {
            message.Partition = Context.Partitions.Number(topic, known);
        }

        if (at.Type != EventType.Ok || offset is not { } acknowledged || message.Acks == SendAcks.None || message.Partition < 0)
        {
            return;
        }

        if (acknowledged < 0)
        {
            Report("L4", $"{id} was acknowledged at {acknowledged}", at, message.Partition, acknowledged);
            return;
        }

        message.AckOffset = acknowledged;
        if (message.SeenPartition == message.Partition && message.SeenOffset == acknowledged)
        {
            message.Marks |= MessageMarks.SeenAtAck;
        }

        if (message.Acks == SendAcks.All)
        {
            PartitionFacts partition = Context.Partitions[message.Partition];
            partition.MaxAcknowledged = Math.Max(partition.MaxAcknowledged, acknowledged);
            Place(at, message.Partition, acknowledged, number, isAcknowledgement: true);
        }
    }

    private void Polled(HistoryEvent at, PollValue poll)
    {
        bool isCommitted = poll.Isolation == ReadIsolation.Committed;
        foreach (PolledPartition polled in poll.Partitions)
        {
            int partition = Context.Partitions.Number(polled.Topic, polled.Partition);
            foreach (HistoryRecord record in polled.Records)
            {
                Observe(at, partition, record, isCommitted, MessageMarks.Polled);
            }
        }
    }

    /// <summary>Somebody read this record.</summary>
    private void Observe(HistoryEvent at, int partition, HistoryRecord record, bool isCommitted, MessageMarks how)
    {
        long offset = record.Offset ?? -1;
        if (record.Message is not { } id || record.Damage is not null)
        {
            Report("L7", $"the body at {offset} is none that was sent: {record.Damage ?? "it names no message"}", at, partition, offset);
            return;
        }

        int number = Messages.Number(id);
        CheckContent(at, partition, offset, record, ref Messages[number]);
        if (offset >= 0)
        {
            Place(at, partition, offset, number, isAcknowledgement: false);
        }

        ref MessageFacts message = ref Messages[number];
        message.Marks |= how | MessageMarks.Seen | (isCommitted ? MessageMarks.SeenCommitted : 0);
        if (isCommitted && message.SeenTime < 0)
        {
            message.SeenTime = at.Time;
        }

        if (message.SeenOffset < 0)
        {
            (message.SeenPartition, message.SeenOffset, message.SeenEvent) = (partition, offset, at.Index);
        }
        else if (message.SeenOffset != offset || message.SeenPartition != partition)
        {
            SeenElsewhere(at, partition, offset, ref message);
        }

        if (how == MessageMarks.Final && message.SeenOffset == offset && message.SeenPartition == partition)
        {
            message.Marks |= MessageMarks.FinalAtFirst;
        }

        if (message.AckOffset == offset && message.Partition == partition)
        {
            message.Marks |= MessageMarks.SeenAtAck;
        }
    }

    private void SeenElsewhere(HistoryEvent at, int partition, long offset, ref MessageFacts message)
    {
        if (message.Has(MessageMarks.Twice))
        {
            return;
        }

        message.Marks |= MessageMarks.Twice;
        string text = $"{message.Id} stands at {offset} of {Context.Partitions.Name(partition)} and at {message.SeenOffset} of {Context.Partitions.Name(message.SeenPartition)}";
        if (Context.IsCompacted(partition) && partition == message.SeenPartition && message.Has(MessageMarks.Idempotent) && message.SeenEvent != at.Index)
        {
            Report("L13", $"{text}: offsets were renumbered", [message.SeenEvent, at.Index], partition, offset);
        }
        else if (message.Kind == SendKind.Scheduled)
        {
            Report("D3", text, [message.SeenEvent, at.Index], partition, offset, Context.Configuration.IsDelayExactlyOnce ? AnomalyLevel.Error : AnomalyLevel.Information);
        }
        else
        {
            Report("L5", text, [message.SeenEvent, at.Index], partition, offset, message.Has(MessageMarks.Idempotent) ? AnomalyLevel.Error : AnomalyLevel.Information);
        }
    }

    private void CheckContent(HistoryEvent at, int partition, long offset, HistoryRecord record, ref MessageFacts message)
    {
        if (message.Outcome == SendOutcome.NotSent || message.Has(MessageMarks.Differs))
        {
            return; // judged at the end: its invocation may lie in a line that was lost
        }

        bool isAnotherKey = record.Key is not null && message.Key >= 0 && Context.Keys[message.Key] != record.Key;
        bool isAnotherDigest = record.Digest is { } digest && message.HasDigest && digest != message.Digest;
        if (isAnotherKey || isAnotherDigest)
        {
            message.Marks |= MessageMarks.Differs;
            Report("L7", $"{message.Id} at {offset} has another {(isAnotherKey ? $"key ({record.Key})" : "key, header or time")} than was sent", [message.SentEvent, at.Index], partition, offset);
        }
    }

    private void Place(HistoryEvent at, int partition, long offset, int number, bool isAcknowledgement)
    {
        ref int slot = ref Context.Partitions[partition].MessageAt[offset];
        if (slot == 0)
        {
            slot = number + 1;
            return;
        }

        if (slot - 1 == number)
        {
            return;
        }

        ref MessageFacts before = ref Messages[slot - 1];
        long earlier = before.SeenOffset == offset && before.SeenPartition == partition ? before.SeenEvent : before.OutcomeEvent;
        Report("L3", $"offset {offset} holds {before.Id} and {Messages[number].Id}", [earlier, at.Index], partition, offset);
        if (!isAcknowledgement && before.Has(MessageMarks.Polled) && before.SeenOffset == offset && before.SeenPartition == partition)
        {
            Report("L2", $"{before.Id} was read at {offset}, where {Messages[number].Id} was found later", [before.SeenEvent, at.Index], partition, offset);
        }
    }

    public override void Finish()
    {
        foreach (ref readonly MessageFacts message in Messages.All)
        {
            if (message.Outcome == SendOutcome.NotSent && message.Has(MessageMarks.Seen))
            {
                Report("L7", $"{message.Id} was read at {message.SeenOffset}, and nobody sent it", [message.SeenEvent], message.SeenPartition, message.SeenOffset);
            }
        }
    }
}
