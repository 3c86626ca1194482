using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Delays;

/// <summary>
/// Delayed messages, on the clock of the events. D1: none before its time. D2: none lost. D4: none that was cancelled. D5: none late where somebody read to the end
/// and nothing was wrong. D6: order of equals. (D3, twice, is seen where records are written down.)
/// </summary>
internal sealed class DelayCheck(CheckContext context) : Check(context)
{
    private readonly SortedDictionary<int, Scheduled> schedules = [];
    private readonly Dictionary<int, PriorityQueue<int, long>> waiting = [];
    private readonly Dictionary<string, (HashSet<int> Pending, long Event)> dumps = new(StringComparer.Ordinal);

    public override void Invoked(HistoryEvent invocation)
    {
        switch (invocation.Value)
        {
            case ScheduleValue { Record.Message: { } id } schedule:
                schedules[Context.Messages.Number(id)] = new Scheduled(invocation.Index, schedule.Due, schedule.Producer ?? $"process {invocation.Process}");
                break;
            case CancelValue cancel when schedules.TryGetValue(Context.Messages.Number(cancel.Message), out Scheduled? scheduled):
                scheduled.MayBeCancelled = true;
                break;
            default:
                break;
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        switch (outcome.Value)
        {
            case ScheduleValue { Record.Message: { } id } schedule when outcome.Type == EventType.Ok && schedule.Partition is { } index:
                int number = Context.Messages.Number(id);
                schedules[number].AcceptedAt = outcome.Index;
                WaitingOf(Context.Partitions.Number(schedule.Topic, index)).Enqueue(number, schedule.Due);
                break;
            case CancelValue cancel when schedules.TryGetValue(Context.Messages.Number(cancel.Message), out Scheduled? scheduled):
                if (outcome.Type == EventType.Ok)
                {
                    scheduled.CancelledAt = outcome.Index;
                }

                break;
            case PollValue poll when outcome.Type == EventType.Ok:
                foreach (PolledPartition polled in poll.Partitions)
                {
                    Polled(invocation, outcome, polled, poll.IsFollower);
                }

                break;
            case ReceiveValue receive when outcome.Type == EventType.Ok:
                Seen(outcome, receive.Deliveries.Select(static delivery => (MessageId?)delivery.Message));
                break;
            default:
                break;
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        switch (seen.Value)
        {
            case FinalReadValue read when seen.Type == EventType.Ok:
                Seen(seen, read.Records.Select(static record => record.Message));
                break;
            case DelayedStateValue state when seen.Type == EventType.Ok:
                dumps[state.Topic] = ([.. state.Pending.Select(Context.Messages.Number)], seen.Index);
                break;
            default:
                break;
        }
    }

    public override void Finish()
    {
        foreach ((int number, Scheduled scheduled) in schedules)
        {
            ref readonly MessageFacts message = ref Context.Messages[number];
            if (scheduled.CancelledAt >= 0 && message.Has(MessageMarks.SeenCommitted))
            {
                Report("D4", $"{message.Id} was cancelled, and delivered", [scheduled.CancelledAt, message.SeenEvent], message.SeenPartition, message.SeenOffset);
            }
            else if (scheduled is { AcceptedAt: >= 0, MayBeCancelled: false } && !message.Has(MessageMarks.SeenCommitted | MessageMarks.Final) && message.Partition >= 0)
            {
                CheckLost(number, message, scheduled);
            }
        }

        CheckOrder();
    }

    private PriorityQueue<int, long> WaitingOf(int partition)
    {
        if (!waiting.TryGetValue(partition, out PriorityQueue<int, long>? queue))
        {
            waiting.Add(partition, queue = new PriorityQueue<int, long>());
        }

        return queue;
    }

    private void Seen(HistoryEvent at, IEnumerable<MessageId?> messages)
    {
        if (schedules.Count == 0)
        {
            return;
        }

        foreach (MessageId? id in messages)
        {
            if (id is { } known && schedules.TryGetValue(Context.Messages.Number(known), out Scheduled? scheduled) && !scheduled.WasEarly
                && at.Time < scheduled.Due - CheckContext.Nanos(Context.Configuration.ClockBoundMillis))
            {
                scheduled.WasEarly = true;
                Report("D1", $"{known} was there {(scheduled.Due - at.Time) / 1_000_000} ms before its time", [scheduled.Invoked, at.Index]);
            }
        }
    }

    private void Polled(HistoryEvent invocation, HistoryEvent outcome, PolledPartition polled, bool isFollower)
    {
        Seen(outcome, polled.Records.Select(static record => record.Message));
        int partition = Context.Partitions.Number(polled.Topic, polled.Partition);
        long next = polled.Next ?? (polled.Records.Count > 0 ? polled.Records[^1].Offset + 1 : polled.From) ?? -1;
        if (isFollower || next < 0 || polled.HighWatermark is not { } end || next < end || !waiting.TryGetValue(partition, out PriorityQueue<int, long>? queue))
        {
            return;
        }

        // The reader is at the end: whatever should have been visible for long was seen by somebody, or is late.
        long bound = CheckContext.Nanos(Context.Configuration.LateBoundMillis);
        while (queue.TryPeek(out int number, out long due) && due + bound < invocation.Time && Context.Faults.WasQuietFor(bound, invocation.Time))
        {
            queue.Dequeue();
            ref readonly MessageFacts message = ref Context.Messages[number];
            if (!message.Has(MessageMarks.Seen) && !schedules[number].MayBeCancelled)
            {
                Report("D5", $"{message.Id} was due {(invocation.Time - due) / 1_000_000} ms ago, and a reader at the end {end} did not find it", [schedules[number].AcceptedAt, outcome.Index], partition);
            }
        }
    }

    private void CheckLost(int number, in MessageFacts message, Scheduled scheduled)
    {
        PartitionFacts partition = Context.Partitions[message.Partition];
        bool hasDump = dumps.TryGetValue(partition.Name.Topic, out (HashSet<int> Pending, long Event) dump);
        bool isDue = scheduled.Due + CheckContext.Nanos(Context.Configuration.LateBoundMillis) < Context.Now;
        if (partition.WasReadFinally && (hasDump ? !dump.Pending.Contains(number) && isDue : isDue))
        {
            Report("D2", $"{message.Id} was accepted, is due, and is nowhere", [scheduled.Invoked, scheduled.AcceptedAt, partition.FinalEvent], message.Partition);
        }
    }

    private void CheckOrder()
    {
        var groups = schedules
            .Where(entry => Context.Messages[entry.Key] is { Key: >= 0, SeenOffset: >= 0 } && entry.Value.AcceptedAt >= 0)
            .GroupBy(entry => (Context.Messages[entry.Key].SeenPartition, Context.Messages[entry.Key].Key, entry.Value.Due, entry.Value.Producer));
        foreach (var group in groups)
        {
            KeyValuePair<int, Scheduled>? before = null;
            foreach (KeyValuePair<int, Scheduled> next in group.OrderBy(static entry => entry.Value.Invoked))
            {
                if (before is { } earlier && earlier.Value.AcceptedAt < next.Value.Invoked && Context.Messages[next.Key].SeenOffset < Context.Messages[earlier.Key].SeenOffset)
                {
                    Report(
                        "D6",
                        $"{Context.Messages[next.Key].Id} was published after {Context.Messages[earlier.Key].Id}, due at the same time, and stands before it",
                        [earlier.Value.Invoked, next.Value.Invoked],
                        group.Key.SeenPartition,
                        Context.Messages[next.Key].SeenOffset);
                }

                before = next;
            }
        }
    }

    private sealed class Scheduled(long invoked, long due, string producer)
    {
        public long Invoked { get; } = invoked;

        public long Due { get; } = due;

        public string Producer { get; } = producer;

        public long AcceptedAt { get; set; } = -1;

        public long CancelledAt { get; set; } = -1;

        public bool MayBeCancelled { get; set; }

        public bool WasEarly { get; set; }
    }
}
