using GoQueue.History.Events;

namespace GoQueue.History.Mutation;

/// <summary>Changes of groups, registers, queues, delays and observations.</summary>
public static partial class HistoryMutator
{
    private static Mutation? RegressCommit(Work work)
    {
        HistoryEvent? read = work.Pick(work.Ok(Operation.Committed).Where(static next => next.As<GroupOffsetsValue>().Offsets is [{ Offset: not null }, ..]));
        if (read is null)
        {
            return null;
        }

        GroupOffsetsValue value = read.As<GroupOffsetsValue>();
        long unused = Enumerable.Range(0, int.MaxValue).First(offset => !work.Events.Any(next => next.Value is GroupOffsetsValue known && known.Offsets.Any(at => at.Offset == offset)));
        work.Replace(read, value with { Offsets = [value.Offsets[0] with { Offset = unused }, .. value.Offsets.Skip(1)] });
        return work.Done(MutationKind.RegressCommit, $"event {read.Index}: {unused} is read as committed", "O1", "O4");
    }

    private static Mutation? ChangeSetting(Work work)
    {
        HistoryEvent? read = work.Pick(work.Ok(Operation.ReadConfig).Where(read => work.Ok(Operation.ReadConfig).Any(other => other.Index > read.Index && Key(other) == Key(read))
            || work.Ok(Operation.CasConfig).Any(other => Key(other) == Key(read) && other.As<ConfigValue>().Expected is not null && other.Index < work.InvocationOf(read).Index)));
        if (read is null)
        {
            return null;
        }

        work.Replace(read, read.As<ConfigValue>() with { Value = "nobody wrote this" });
        return work.Done(MutationKind.ChangeSetting, $"event {read.Index}: a value is read that nobody wrote", "M5");

        static (string, string) Key(HistoryEvent at) => (at.As<ConfigValue>().Topic, at.As<ConfigValue>().Key);
    }

    private static Mutation? TurnExists(Work work)
    {
        List<HistoryEvent> candidates = [];
        foreach (HistoryEvent read in work.Ok(Operation.Exists))
        {
            TopicValue value = read.As<TopicValue>();
            long asked = work.InvocationOf(read).Index;
            List<HistoryEvent> others = [.. work.Events.Where(next => next.Value is TopicValue other && other.Topic == value.Topic && next.Operation is Operation.Create or Operation.Delete && next.Value is TopicValue same && same.Topic == value.Topic)];
            bool isQuiet = !others.Exists(next => next.Type == EventType.Info)
                && !others.Exists(next => next.Type != EventType.Invoke && work.InvocationOf(next).Index < read.Index && next.Index > asked);
            bool hasBefore = others.Exists(next => next.Type == EventType.Ok && next.Index < asked);
            if (isQuiet && hasBefore)
            {
                candidates.Add(read);
            }
        }

        HistoryEvent? picked = work.Pick(candidates);
        if (picked is null)
        {
            return null;
        }

        work.Replace(picked, picked.As<TopicValue>() with { IsThere = !picked.As<TopicValue>().IsThere });
        return work.Done(MutationKind.TurnExists, $"event {picked.Index}: the topic is {(picked.As<TopicValue>().IsThere == true ? "not " : "")}there", "M5");
    }

    private static Mutation? DeliverAfterAck(Work work)
    {
        List<(HistoryEvent Receive, SettledMessage Acked)> candidates = [];
        List<HistoryEvent> acks = [.. work.Ok(Operation.Ack)];
        foreach (HistoryEvent receive in work.Ok(Operation.Receive))
        {
            long asked = work.InvocationOf(receive).Index;
            if (acks.FindLast(ack => ack.Index < asked) is { } ack)
            {
                candidates.Add((receive, ack.As<SettleValue>().Messages[0]));
            }
        }

        (HistoryEvent picked, SettledMessage acked) = work.Pick(candidates);
        if (picked is null)
        {
            return null;
        }

        Delivery before = work.Ok(Operation.Receive).SelectMany(static next => next.As<ReceiveValue>().Deliveries).Last(delivery => delivery.Message == acked.Message);
        Delivery again = before with { Receipt = "again", Attempt = before.Attempt + 100, IsRedelivered = true };
        work.Replace(picked, picked.As<ReceiveValue>() with { Deliveries = [.. picked.As<ReceiveValue>().Deliveries, again] });
        return work.Done(MutationKind.DeliverAfterAck, $"event {picked.Index}: {acked} is handed out after its ack", "Q2");
    }

    /// <summary>Of a delivery with another before it that was answered before this one was asked for.</summary>
    private static Mutation? ChangeDelivery(Work work, MutationKind kind, Func<Delivery, Delivery> change, string expected)
    {
        List<(HistoryEvent Receive, Delivery Delivery)> candidates = [];
        Dictionary<MessageId, long> first = [];
        foreach (HistoryEvent receive in work.Ok(Operation.Receive))
        {
            foreach (Delivery delivery in receive.As<ReceiveValue>().Deliveries)
            {
                if (!first.TryAdd(delivery.Message, receive.Index) && first[delivery.Message] < work.InvocationOf(receive).Index)
                {
                    candidates.Add((receive, delivery));
                }
            }
        }

        (HistoryEvent picked, Delivery old) = work.Pick(candidates);
        if (picked is null)
        {
            return null;
        }

        work.Replace(picked, picked.As<ReceiveValue>() with { Deliveries = [.. picked.As<ReceiveValue>().Deliveries.Select(delivery => ReferenceEquals(delivery, old) ? change(delivery) : delivery)] });
        return work.Done(kind, $"event {picked.Index}: {old}", expected);
    }

    private static Mutation? DropFromQueue(Work work)
    {
        HashSet<MessageId> settled = [.. work.Events.Where(static next => next is { Type: EventType.Invoke, Operation: Operation.Ack or Operation.Reject }).SelectMany(static next => next.As<SettleValue>().Messages).Select(static message => message.Message)];
        HashSet<MessageId?> sent = [.. work.Acknowledged().Select(static entry => entry.Record.Message)];
        HistoryEvent? state = work.Pick(work.Ok(Operation.QueueState));
        QueuedMessage? message = state is null ? null : work.Pick(state.As<QueueStateValue>().Messages.Where(known => sent.Contains(known.Message) && !settled.Contains(known.Message)));
        if (message is null)
        {
            return null;
        }

        work.Replace(state!, state!.As<QueueStateValue>() with { Messages = [.. state.As<QueueStateValue>().Messages.Where(known => known != message)] });
        return work.Done(MutationKind.DropFromQueue, $"{message.Message} is not in the queue", "Q1");
    }

    private static Mutation? DropDelayed(Work work)
    {
        HashSet<MessageId> cancelled = [.. work.Events.Where(static next => next.Operation == Operation.Cancel).Select(static next => next.As<CancelValue>().Message)];
        HashSet<MessageId?> polled = [.. work.Polled().SelectMany(static entry => entry.Partition.Records).Select(static record => record.Message)];
        HistoryEvent? schedule = work.Pick(work.Ok(Operation.Schedule).Where(next => next.As<ScheduleValue>().Record.Message is { } id && !cancelled.Contains(id) && !polled.Contains(id)));
        if (schedule is null)
        {
            return null;
        }

        ScheduleValue value = schedule.As<ScheduleValue>();
        work.DropFromFinals(value.Topic, value.Partition!.Value, value.Record.Message!.Value);
        return work.Done(MutationKind.DropDelayed, $"event {schedule.Index}: {value.Record.Message} is never delivered", "D2");
    }

    private static Mutation? Early(Work work)
    {
        HashSet<MessageId?> polled = [.. work.Polled().SelectMany(static entry => entry.Partition.Records).Select(static record => record.Message)];
        HistoryEvent? schedule = work.Pick(work.Ok(Operation.Schedule).Where(next => polled.Contains(next.As<ScheduleValue>().Record.Message)));
        if (schedule is null)
        {
            return null;
        }

        HistoryEvent invocation = work.InvocationOf(schedule);
        long later = work.Events[^1].Time + 1;
        work.Replace(invocation, invocation.As<ScheduleValue>() with { Due = later });
        work.Replace(schedule, schedule.As<ScheduleValue>() with { Due = later });
        return work.Done(MutationKind.Early, $"event {invocation.Index}: due only after the run", "D1");
    }

    private static Mutation? CancelWhatIsThere(Work work)
    {
        HashSet<MessageId?> final = [.. work.FinalRecords().Select(static entry => entry.Record.Message)];
        HistoryEvent? cancel = work.Pick(work.Events.Where(next => next is { Type: EventType.Fail, Value: CancelValue cancel } && final.Contains(cancel.Message)));
        if (cancel is null)
        {
            return null;
        }

        work.Replace(cancel, cancel.Value, EventType.Ok);
        return work.Done(MutationKind.CancelWhatIsThere, $"event {cancel.Index}: cancelled, and there", "D4");
    }

    private static Mutation? SecondLeader(Work work)
    {
        HistoryEvent? seen = work.Pick(work.Ok(Operation.Leader).Where(one => work.Ok(Operation.Leader).Any(other => other != one && other.As<LeaderValue>() is var a && one.As<LeaderValue>() is var b
            && a.Topic == b.Topic && a.Partition == b.Partition && a.LeaderEpoch == b.LeaderEpoch && a.Leader is not null)));
        if (seen is null)
        {
            return null;
        }

        work.Replace(seen, seen.As<LeaderValue>() with { Leader = "another" });
        return work.Done(MutationKind.SecondLeader, $"event {seen.Index}: another leads the same epoch", "M1");
    }

    private static Mutation? OtherState(Work work)
    {
        HistoryEvent? seen = work.Pick(work.Ok(Operation.Metadata).Where(one => work.Ok(Operation.Metadata).Any(other => other != one && other.As<MetadataValue>().Hash is not null
            && other.As<MetadataValue>().Version == one.As<MetadataValue>().Version)));
        if (seen is null)
        {
            return null;
        }

        work.Replace(seen, seen.As<MetadataValue>() with { Hash = "another" });
        return work.Done(MutationKind.OtherState, $"event {seen.Index}: another state of the same version", "M4");
    }
}
