using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Checking.Queues;

/// <summary>
/// Queues: leases, settlements and where every message is at the end (Q1 to Q8). A lease is known to hold from the answer of its receive to the invocation plus its
/// length, less the bound of the clocks; before the answer and after that it may or may not.
/// </summary>
internal sealed class QueueCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<(int Process, MessageId Message), string> staleAtCall = [];
    private readonly SortedDictionary<string, QueueFacts> queues = new(StringComparer.Ordinal);

    private long ClockBound => CheckContext.Nanos(Context.Configuration.ClockBoundMillis);

    public override void Invoked(HistoryEvent invocation)
    {
        if (invocation.Value is SettleValue settle)
        {
            QueueFacts queue = Queue(settle.Topic, settle.Group);
            foreach (SettledMessage settled in settle.Messages)
            {
                QueuedFacts message = queue.Message(Context.Messages.Number(settled.Message));
                message.AckCalls += invocation.Operation is Operation.Ack or Operation.Reject ? 1 : 0;
                if (IsStale(message, settled.Receipt, invocation) is { } why)
                {
                    staleAtCall[(invocation.Process, settled.Message)] = why;
                }

                if (invocation.Operation == Operation.Extend)
                {
                    Extend(message, settled.Receipt, invocation.Time, settle.LeaseMillis ?? 0);
                }
                else
                {
                    Release(message, settled.Receipt);
                }
            }
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        switch (outcome.Value)
        {
            case ReceiveValue receive when outcome.Type == EventType.Ok:
                Received(invocation, outcome, receive);
                break;
            case SendValue send when outcome.Type == EventType.Ok:
                Sent(send);
                break;
            case SettleValue settle:
                Settled(invocation, outcome, settle);
                break;
            default:
                break;
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        switch (seen.Value)
        {
            case QueueStateValue state when seen.Type == EventType.Ok:
                QueueFacts queue = Queue(state.Topic, state.Group);
                queue.StateEvent = seen;
                foreach (QueuedMessage message in state.Messages)
                {
                    QueuedFacts facts = queue.Message(Context.Messages.Number(message.Message));
                    facts.IsInQueue |= message.State != QueuedState.Acked;
                    facts.IsAckedInState |= message.State == QueuedState.Acked;
                }

                break;
            case DeadLettersValue dead when seen.Type == EventType.Ok:
                QueueFacts source = Queue(dead.Topic, dead.Group);
                source.DeadLettersEvent = seen;
                foreach (MessageId message in dead.Messages)
                {
                    source.Message(Context.Messages.Number(message)).DeadLetters++;
                }

                break;
            default:
                break;
        }
    }

    public override void Finish()
    {
        foreach (QueueFacts queue in queues.Values)
        {
            foreach ((int number, QueuedFacts message) in queue.Messages)
            {
                CheckPlaces(queue, number, message);
                CheckStuck(queue, number, message);
            }

            foreach ((int earlier, int later, long at) in queue.OutOfOrder)
            {
                if (queue.Message(earlier).DeadLetters == 0)
                {
                    Report("Q7", $"{Id(later)} was delivered while {Id(earlier)} of its key was not settled", [at]);
                }
            }
        }

        CheckLost();
    }

    private MessageId Id(int number) => Context.Messages[number].Id;

    private QueueFacts Queue(string topic, string group)
    {
        string name = $"{topic}/{group}";
        if (!queues.TryGetValue(name, out QueueFacts? queue))
        {
            queues.Add(name, queue = new QueueFacts());
        }

        return queue;
    }

    /// <summary>Messages of a key, in the order they were acknowledged.</summary>
    private void Sent(SendValue send)
    {
        if (Context.Topic(send.Topic) is not { HasOrderedKeys: true } topic)
        {
            return;
        }

        foreach (HistoryRecord record in send.Records)
        {
            if (record.Message is { } id && Context.Messages.Number(id) is var number && Context.Messages[number].Key is >= 0 and var key)
            {
                foreach (string group in topic.Queues)
                {
                    Queue(topic.Name, group).ByKey(key).Add(number);
                }
            }
        }
    }

    private void Received(HistoryEvent invocation, HistoryEvent outcome, ReceiveValue receive)
    {
        QueueFacts queue = Queue(receive.Topic, receive.Group);
        queue.LastReceive = invocation;
        foreach (Delivery delivery in receive.Deliveries)
        {
            int number = Context.Messages.Number(delivery.Message);
            QueuedFacts message = queue.Message(number);
            CheckDelivery(invocation, outcome, delivery, message);
            if (Context.Topic(receive.Topic)?.HasOrderedKeys == true)
            {
                CheckKeyOrder(queue, number, outcome);
            }

            if (!message.Known.Exists(lease => lease.Receipt == delivery.Receipt))
            {
                message.Known.Add(new Lease(delivery.Receipt, outcome.Process, invocation.Time, outcome.Time, CheckContext.Nanos(receive.LeaseMillis), outcome.Index, Context.Faults.Begun, false));
            }
        }
    }

    private void CheckDelivery(HistoryEvent invocation, HistoryEvent outcome, Delivery delivery, QueuedFacts message)
    {
        if (message.AckedAt >= 0 && message.AckedAt < invocation.Index)
        {
            Report("Q2", $"{delivery.Message} was acked, and handed out again", [message.AckedAt, outcome.Index], null, delivery.Offset);
        }

        int before = 0;
        foreach (Lease lease in message.Known)
        {
            before += lease.Event < invocation.Index ? 1 : 0;
            if (lease.Receipt == delivery.Receipt || lease.IsReleased)
            {
                continue;
            }

            // Whichever was given first, it was given before its answer and held until its invocation plus its length.
            long length = CheckContext.Nanos(outcome.As<ReceiveValue>().LeaseMillis);
            if (outcome.Time < lease.Invoked + lease.Length - ClockBound && lease.Answered < invocation.Time + length - ClockBound && lease.Process != outcome.Process)
            {
                bool isExcused = !Context.Configuration.DoLeasesSurviveFaults && (lease.Faults != Context.Faults.Begun || !Context.Faults.IsQuiet);
                Report("Q3", $"{delivery.Message} is leased twice at once", [lease.Event, outcome.Index], null, delivery.Offset, isExcused ? AnomalyLevel.Information : AnomalyLevel.Error);
            }
        }

        if (delivery.Attempt < before + 1)
        {
            Report("Q5", $"{delivery.Message} is handed out for the {before + 1}th time at least, and counted as {delivery.Attempt}", outcome, null, delivery.Offset);
        }

        if (before > 0 && !delivery.IsRedelivered)
        {
            Report("Q6", $"{delivery.Message} was handed out before, and is not marked", [message.Known[0].Event, outcome.Index], null, delivery.Offset);
        }

        if (Context.Topic(outcome.As<ReceiveValue>().Topic)?.MaxDeliveries is { } most && Math.Max(delivery.Attempt, before + 1) > most)
        {
            Report("Q5", $"{delivery.Message} is handed out for the {Math.Max(delivery.Attempt, before + 1)}th time, at most {most} are allowed", outcome, null, delivery.Offset);
        }
    }

    /// <summary>Earlier messages of the key, acknowledged before this one was sent, must be settled or stand before it in the same answer.</summary>
    private void CheckKeyOrder(QueueFacts queue, int number, HistoryEvent outcome)
    {
        ref readonly MessageFacts message = ref Context.Messages[number];
        if (message.Key < 0)
        {
            return;
        }

        KeyOrder order = queue.ByKey(message.Key);
        order.Skip(settled => queue.Message(settled).AckInvoked);
        foreach (int earlier in order.Left)
        {
            if (earlier == number)
            {
                return;
            }

            ref readonly MessageFacts before = ref Context.Messages[earlier];
            bool isInFront = outcome.As<ReceiveValue>().Deliveries.TakeWhile(delivery => delivery.Message != Id(number)).Any(delivery => delivery.Message == Id(earlier));
            if (before.OutcomeEvent < message.SentEvent && !queue.Message(earlier).AckInvoked && !isInFront)
            {
                queue.OutOfOrder.Add((earlier, number, outcome.Index));
                return;
            }
        }
    }

    private void Settled(HistoryEvent invocation, HistoryEvent outcome, SettleValue settle)
    {
        QueueFacts queue = Queue(settle.Topic, settle.Group);
        foreach (SettledMessage settled in settle.Messages)
        {
            QueuedFacts message = queue.Message(Context.Messages.Number(settled.Message));
            bool wasStale = staleAtCall.Remove((outcome.Process, settled.Message), out string? why);
            if (outcome is { Type: EventType.Fail, Operation: Operation.Ack or Operation.Reject })
            {
                message.AckCalls--;
            }

            if (outcome.Type != EventType.Ok)
            {
                continue;
            }

            if (wasStale)
            {
                Report("Q4", $"{outcome.Operation.Name()} of {settled.Message} worked with a receipt that {why}", [invocation.Index, outcome.Index]);
            }

            if (outcome.Operation is Operation.Ack && message.AckedAt < 0)
            {
                message.AckedAt = outcome.Index;
            }

            message.IsRejected |= outcome.Operation == Operation.Reject;
        }
    }

    private string? IsStale(QueuedFacts message, string receipt, HistoryEvent invocation)
    {
        int at = message.Known.FindIndex(lease => lease.Receipt == receipt);
        if (at < 0)
        {
            return null;
        }

        Lease lease = message.Known[at];
        if (message.Known.Exists(other => other.Receipt != receipt && other.Invoked > lease.Answered))
        {
            return "had been replaced";
        }

        return invocation.Time > lease.Answered + lease.Length + ClockBound ? "had expired" : null;
    }

    /// <summary>From the call on it may hold longer: for Q3 and Q4 the longest is what counts, for certain overlap the shortest; the length becomes that from the receive on.</summary>
    private static void Extend(QueuedFacts message, string receipt, long now, long millis)
    {
        int at = message.Known.FindIndex(lease => lease.Receipt == receipt);
        if (at >= 0)
        {
            Lease lease = message.Known[at];
            message.Known[at] = lease with { Length = Math.Max(lease.Length, now - lease.Invoked + CheckContext.Nanos(millis)), IsReleased = true };
        }
    }

    private static void Release(QueuedFacts message, string receipt)
    {
        int at = message.Known.FindIndex(lease => lease.Receipt == receipt);
        if (at >= 0)
        {
            message.Known[at] = message.Known[at] with { IsReleased = true };
        }
    }

    private void CheckPlaces(QueueFacts queue, int number, QueuedFacts message)
    {
        List<string> places = [];
        if (message.IsInQueue)
        {
            places.Add("in the queue");
        }

        if (message.DeadLetters > 0)
        {
            places.Add(message.DeadLetters > 1 ? $"{message.DeadLetters} times a dead letter" : "a dead letter");
        }

        if (message.AckedAt >= 0 && !message.IsRejected)
        {
            places.Add("acked");
        }

        if (places.Count > 1 || message.DeadLetters > 1)
        {
            Report("Q5", $"{Id(number)} is {string.Join(" and ", places)}", [message.AckedAt >= 0 ? message.AckedAt : -1, queue.StateEvent?.Index ?? queue.DeadLettersEvent!.Index]);
        }
    }

    private void CheckStuck(QueueFacts queue, int number, QueuedFacts message)
    {
        if (!message.IsInQueue || message.Known.Count == 0 || message.AckInvoked || queue.StateEvent is not { } state)
        {
            return;
        }

        Lease last = message.Known[^1];
        long due = Math.Max(last.Answered + last.Length + ClockBound, Context.Faults.QuietSince) + CheckContext.Nanos(Context.Configuration.RecoveryBoundMillis);
        if (state.Time > due && queue.LastReceive is { } receive && receive.Time > due)
        {
            Report("Q8", $"the lease on {Id(number)} ended {(state.Time - due) / 1_000_000} ms before the bound was over, and it was not offered again", [last.Event, receive.Index]);
        }
    }

    private void CheckLost()
    {
        for (int number = 0; number < Context.Messages.Count; number++)
        {
            ref readonly MessageFacts message = ref Context.Messages[number];
            if (message.Outcome != SendOutcome.Ok || message.Kind != SendKind.Plain || message.Acks != SendAcks.All || message.Partition < 0 || Context.TopicOf(message.Partition) is not { Queues.Count: > 0 } topic)
            {
                continue;
            }

            foreach (string group in topic.Queues)
            {
                QueueFacts queue = Queue(topic.Name, group);
                bool isKnown = queue.Messages.TryGetValue(number, out QueuedFacts? facts);
                bool isThere = isKnown && (facts!.AckInvoked || facts.IsInQueue || facts.IsAckedInState || facts.DeadLetters > 0);
                if (queue.StateEvent is { } state && !isThere)
                {
                    Report("Q1", $"{message.Id} was never settled by {group}, and is neither in its queue nor a dead letter", [message.SentEvent, state.Index], message.Partition, message.AckOffset);
                }
            }
        }
    }
}
