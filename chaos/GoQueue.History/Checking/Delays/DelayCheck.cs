using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Delays;

/// <summary>
/// Delayed messages, on the clock of the events. D1: none before its time. D2: none lost. D4: none that was cancelled. D5: none late where
/// nothing was wrong and somebody was told the end of the log. D6: order of equals. (D3, twice, is seen where records are written down.)
/// </summary>
internal sealed class DelayCheck(CheckContext context) : Check(context)
{
    private readonly SortedDictionary<int, Scheduled> schedules = [];
    private readonly Dictionary<int, List<(long Asked, long End, long Event)>> ends = [];
    private readonly Dictionary<string, (HashSet<int> Pending, long Event)> dumps = new(StringComparer.Ordinal);

    private long LateBound => CheckContext.Nanos(Context.Configuration.LateBoundMillis);

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
            case ScheduleValue { Record.Message: { } id } when outcome.Type == EventType.Ok && schedules.TryGetValue(Context.Messages.Number(id), out Scheduled? asked):
                asked.AcceptedAt = outcome.Index;
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
            CheckLate(message, scheduled);
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

    /// <summary>In peace, the log ended there when it was asked: what is found behind it was not visible yet.</summary>
    private void Polled(HistoryEvent invocation, HistoryEvent outcome, PolledPartition polled, bool isFollower)
    {
        Seen(outcome, polled.Records.Select(static record => record.Message));
        if (isFollower || schedules.Count == 0 || polled.HighWatermark is not { } end || !Context.Faults.WasQuietFor(LateBound, invocation.Time))
        {
            return;
        }

        int partition = Context.Partitions.Number(polled.Topic, polled.Partition);
        if (!ends.TryGetValue(partition, out List<(long Asked, long End, long Event)>? known))
        {
            ends.Add(partition, known = []);
        }

        if (known.Count == 0 || known[^1].Asked < invocation.Time)
        {
            known.Add((invocation.Time, end, outcome.Index));
        }
    }

    private void CheckLate(in MessageFacts message, Scheduled scheduled)
    {
        if (message.SeenOffset < 0 || scheduled.AcceptedAt < 0 || scheduled.MayBeCancelled || !ends.TryGetValue(message.SeenPartition, out List<(long Asked, long End, long Event)>? known))
        {
            return;
        }

        int at = known.BinarySearch((scheduled.Due + LateBound, long.MaxValue, long.MaxValue));
        at = at < 0 ? ~at : at;
        if (at < known.Count && known[at].End <= message.SeenOffset)
        {
            Report(
                "D5",
                $"{message.Id} was due, and {(known[at].Asked - scheduled.Due) / 1_000_000} ms later the log ended at {known[at].End}, before its place {message.SeenOffset}",
                [scheduled.AcceptedAt, known[at].Event],
                message.SeenPartition,
                message.SeenOffset);
        }
    }

    private void CheckLost(int number, in MessageFacts message, Scheduled scheduled)
    {
        PartitionFacts partition = Context.Partitions[message.Partition];
        bool hasDump = dumps.TryGetValue(partition.Name.Topic, out (HashSet<int> Pending, long Event) dump);
        bool isDue = scheduled.Due + LateBound < Context.Now;
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
