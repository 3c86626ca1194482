using GoQueue.History.Events;

namespace GoQueue.History.Mutation;

/// <summary>Changes of the log and of transactions.</summary>
public static partial class HistoryMutator
{
    private static Mutation? DropAcknowledged(Work work)
    {
        HashSet<MessageId?> final = [.. work.FinalRecords().Select(static entry => entry.Record.Message)];
        (_, SendValue send, HistoryRecord record) = work.Pick(work.Acknowledged().Where(entry => final.Contains(entry.Record.Message)));
        if (record.Message is not { } id)
        {
            return null;
        }

        work.DropFromFinals(send.Topic, send.Partition!.Value, id);
        return work.Done(MutationKind.DropAcknowledged, $"{id} is in no final read", "L1");
    }

    private static Mutation? DropFromReplica(Work work)
    {
        HashSet<(string, int)> several = [.. work.Ok(Operation.FinalRead).GroupBy(static read => (read.As<FinalReadValue>().Topic, read.As<FinalReadValue>().Partition))
            .Where(static group => group.Select(static read => read.Node).Distinct().Count() > 1).Select(static group => group.Key)];
        (HistoryEvent read, FinalReadValue value, HistoryRecord record) = work.Pick(work.FinalRecords().Where(entry => several.Contains((entry.Value.Topic, entry.Value.Partition))));
        if (record.Message is not { } id)
        {
            return null;
        }

        work.DropFromFinals(value.Topic, value.Partition, id, other => other.Node == read.Node);
        return work.Done(MutationKind.DropFromReplica, $"{id} is not on node {read.Node}", "L14");
    }

    private static Mutation? ShortenReplica(Work work)
    {
        HistoryEvent? read = work.Pick(work.LastReadsInSync().Where(static read => read.As<FinalReadValue>().Records.Count > 0));
        if (read is null)
        {
            return null;
        }

        FinalReadValue value = read.As<FinalReadValue>();
        long end = value.Records[^1].Offset!.Value;
        work.Replace(read, value with { Records = [.. value.Records.SkipLast(1)], End = end });
        return work.Done(MutationKind.ShortenReplica, $"event {read.Index}: node {read.Node} serves {value} up to {end} only", "L14");
    }

    private static Mutation? ShortenFiles(Work work)
    {
        HistoryEvent? read = work.Pick(work.LastReadsInSync().Where(static read => read.As<FinalReadValue>() is { Batches.Count: > 0, Records.Count: > 0 }));
        if (read is null)
        {
            return null;
        }

        FinalReadValue value = read.As<FinalReadValue>();
        work.Replace(read, value with { Batches = [.. value.Batches!.Where(batch => batch.Last < value.Records[^1].Offset)] });
        return work.Done(MutationKind.ShortenFiles, $"event {read.Index}: the files of node {read.Node} end before {value.Records[^1]}", "L14");
    }

    private static Mutation? Duplicate(Work work)
    {
        HashSet<MessageId?> withIdentity = [.. work.Events.Where(static next => next is { Type: EventType.Invoke, Value: SendValue { IsIdempotent: true } }).SelectMany(static next => next.As<SendValue>().Records).Select(static record => record.Message)];
        (_, FinalReadValue value, HistoryRecord record) = work.Pick(work.FinalRecords().Where(entry => withIdentity.Contains(entry.Record.Message)));
        if (record.Message is not { } id)
        {
            return null;
        }

        work.AppendToFinals(value.Topic, value.Partition, record);
        return work.Done(MutationKind.Duplicate, $"{id} stands at {record.Offset} and again at the end", "L5");
    }

    private static Mutation? Swap(Work work)
    {
        var ends = work.Acknowledged().GroupBy(static entry => (entry.Send.Topic, entry.Send.Partition!.Value)).Where(static group => group.Count() > 1);
        var picked = work.Pick(ends);
        if (picked is null)
        {
            return null;
        }

        HistoryRecord one = work.Pick(picked).Record;
        HistoryRecord other = work.Pick(picked.Where(entry => entry.Record.Message != one.Message)).Record;
        work.ChangeFinals(picked.Key.Topic, picked.Key.Value, value => value with
        {
            Records = [.. value.Records.Select(record =>
                record.Message == one.Message ? record with { Message = other.Message, Digest = other.Digest, Key = other.Key }
                : record.Message == other.Message ? record with { Message = one.Message, Digest = one.Digest, Key = one.Key } : record)],
        });
        return work.Done(MutationKind.Swap, $"{one} and {other} change places", "L3", "L4");
    }

    private static Mutation? SwapInPoll(Work work)
    {
        (HistoryEvent outcome, PollValue poll, PolledPartition partition) = work.Pick(work.Polled().Where(static entry => entry.Partition.Records.Count > 1));
        if (outcome is null)
        {
            return null;
        }

        HistoryRecord[] records = [.. partition.Records];
        int at = work.Pick(Enumerable.Range(0, records.Length - 1));
        (records[at], records[at + 1]) = (records[at + 1], records[at]);
        work.ReplacePolled(outcome, poll, partition, partition with { Records = records });
        return work.Done(MutationKind.SwapInPoll, $"event {outcome.Index}: {records[at]} before {records[at + 1]}", "L8");
    }

    private static Mutation? MoveAcknowledgement(Work work)
    {
        HashSet<MessageId?> final = [.. work.FinalRecords().Select(static entry => entry.Record.Message)];
        (HistoryEvent outcome, SendValue send, HistoryRecord record) = work.Pick(work.Acknowledged().Where(entry => final.Contains(entry.Record.Message)));
        if (record.Message is null)
        {
            return null;
        }

        work.Replace(outcome, send with { Records = [.. send.Records.Select(other => other.Message == record.Message ? other with { Offset = other.Offset + 1 } : other)] });
        return work.Done(MutationKind.MoveAcknowledgement, $"event {outcome.Index}: {record} is acknowledged one higher", "L3", "L4");
    }

    private static Mutation? MoveToPartition(Work work)
    {
        HashSet<MessageId?> final = [.. work.FinalRecords().Select(static entry => entry.Record.Message)];
        (_, SendValue send, HistoryRecord record) = work.Pick(work.Acknowledged().Where(entry => final.Contains(entry.Record.Message)));
        int other = work.Pick(work.Ok(Operation.FinalRead).Select(static read => read.As<FinalReadValue>()).Where(read => read.Topic == send?.Topic && read.Partition != send.Partition).Select(static read => read.Partition + 1)) - 1;
        if (record.Message is not { } id || other < 0)
        {
            return null;
        }

        work.DropFromFinals(send.Topic, send.Partition!.Value, id);
        work.AppendToFinals(send.Topic, other, record);
        return work.Done(MutationKind.MoveToPartition, $"{id} stands in partition {other} instead of {send.Partition}", "L2", "L4");
    }

    /// <summary>In a poll or in a final read, of a message that was sent with a digest.</summary>
    private static Mutation? ChangeRead(Work work, MutationKind kind, Func<HistoryRecord, HistoryRecord> change, string expected)
    {
        var polls = work.Polled().SelectMany(static entry => entry.Partition.Records.Select(record => (entry.Outcome, record)));
        var finals = work.FinalRecords().Select(static entry => (Outcome: entry.Read, record: entry.Record));
        (HistoryEvent outcome, HistoryRecord record) = work.Pick(polls.Concat(finals).Where(static entry => entry.record.Digest is not null));
        if (outcome is null)
        {
            return null;
        }

        HistoryRecord[] Changed(IEnumerable<HistoryRecord> records) => [.. records.Select(other => other == record ? change(other) : other)];
        OperationValue value = outcome.Value switch
        {
            FinalReadValue read => read with { Records = Changed(read.Records) },
            PollValue poll => poll with { Partitions = [.. poll.Partitions.Select(partition => partition with { Records = Changed(partition.Records) })] },
            _ => outcome.Value,
        };
        work.Replace(outcome, value);
        return work.Done(kind, $"event {outcome.Index}: {record} is read as {change(record)}", expected);
    }

    private static Mutation? UnAbort(Work work)
    {
        HistoryEvent? aborted = work.Pick(work.Events.Where(static next => next is { Type: EventType.Fail, Value: TransactionValue transaction } && transaction.Steps.Any(static step => step.Send is not null)));
        if (aborted?.As<TransactionValue>().Steps.First(static step => step.Send is not null).Send is not { } send)
        {
            return null;
        }

        // Not behind a later transaction of the producer: that would be its contamination (T7), and is as wrong.
        work.AppendToFinals(send.Topic, send.Partition!.Value, send.Records[0]);
        return work.Done(MutationKind.UnAbort, $"event {aborted.Index}: {send.Records[0].Message} of an aborted transaction is there", "T2", "T7");
    }

    private static Mutation? Tear(Work work)
    {
        HashSet<MessageId?> final = [.. work.FinalRecords().Select(static entry => entry.Record.Message)];
        HistoryEvent? committed = work.Pick(work.Ok(Operation.Transaction).Where(next => next.As<TransactionValue>().Steps.Sum(step => step.Send?.Records.Count(record => final.Contains(record.Message)) ?? 0) > 1));
        if (committed?.As<TransactionValue>().Steps.First(static step => step.Send is not null).Send is not { } send)
        {
            return null;
        }

        work.DropFromFinals(send.Topic, send.Partition!.Value, send.Records[0].Message!.Value);
        return work.Done(MutationKind.Tear, $"event {committed.Index}: {send.Records[0].Message} of a committed transaction is not there", "T3");
    }

    private static Mutation? RefuseWhatIsThere(Work work)
    {
        HashSet<MessageId?> final = [.. work.FinalRecords().Select(static entry => entry.Record.Message)];
        (HistoryEvent outcome, SendValue send, HistoryRecord record) = work.Pick(work.Acknowledged().Where(entry => final.Contains(entry.Record.Message)));
        if (outcome is null)
        {
            return null;
        }

        work.Replace(outcome, send with { Records = [.. send.Records.Select(static other => other with { Offset = null })] }, EventType.Fail, "OVERLOADED");
        return work.Done(MutationKind.RefuseWhatIsThere, $"event {outcome.Index}: {record.Message} is refused, and there", "L6");
    }

    private static Mutation? SkipInPoll(Work work)
    {
        (HistoryEvent outcome, PollValue poll, PolledPartition partition) = work.Pick(work.Polled().Where(static entry => entry.Partition.Records.Count > 2));
        if (outcome is null)
        {
            return null;
        }

        int at = work.Pick(Enumerable.Range(1, partition.Records.Count - 2));
        work.ReplacePolled(outcome, poll, partition, partition with { Records = [.. partition.Records.Where((_, index) => index != at)] });
        return work.Done(MutationKind.SkipInPoll, $"event {outcome.Index}: {partition.Records[at]} is left out", "L8");
    }

    private static Mutation? RepeatInPoll(Work work)
    {
        List<(HistoryEvent Outcome, PollValue Poll, PolledPartition Partition, HistoryRecord Last)> candidates = [];
        Dictionary<(int Process, string Topic, int Partition), HistoryRecord> last = [];
        foreach (HistoryEvent next in work.Events)
        {
            if (next is { Type: EventType.Ok, Value: AssignValue })
            {
                foreach ((int Process, string Topic, int Partition) key in last.Keys.Where(key => key.Process == next.Process).ToList())
                {
                    last.Remove(key);
                }
            }
            else if (next is { Type: EventType.Ok, Value: PollValue poll })
            {
                foreach (PolledPartition partition in poll.Partitions.Where(static partition => partition.Records.Count > 0))
                {
                    (int, string, int) key = (next.Process, partition.Topic, partition.Partition);
                    if (partition.From is null && last.TryGetValue(key, out HistoryRecord before))
                    {
                        candidates.Add((next, poll, partition, before));
                    }

                    last[key] = partition.Records[^1];
                }
            }
        }

        (HistoryEvent outcome, PollValue value, PolledPartition polled, HistoryRecord repeated) = work.Pick(candidates);
        if (outcome is null)
        {
            return null;
        }

        work.ReplacePolled(outcome, value, polled, polled with { Records = [repeated, .. polled.Records] });
        return work.Done(MutationKind.RepeatInPoll, $"event {outcome.Index}: {repeated} is read again", "L9");
    }

    private static Mutation? StaleEnd(Work work)
    {
        List<(HistoryEvent Outcome, long Acknowledged)> candidates = [];
        foreach (HistoryEvent outcome in work.Ok(Operation.EndOffset))
        {
            EndOffsetValue end = outcome.As<EndOffsetValue>();
            long asked = work.InvocationOf(outcome).Index;
            long acknowledged = work.Acknowledged().Where(entry => entry.Outcome.Index < asked && entry.Send.Topic == end.Topic && entry.Send.Partition == end.Partition)
                .Select(static entry => entry.Record.Offset ?? -1).DefaultIfEmpty(-1).Max();
            if (acknowledged >= 0)
            {
                candidates.Add((outcome, acknowledged));
            }
        }

        (HistoryEvent picked, long offset) = work.Pick(candidates);
        if (picked is null)
        {
            return null;
        }

        work.Replace(picked, picked.As<EndOffsetValue>() with { End = offset });
        return work.Done(MutationKind.StaleEnd, $"event {picked.Index}: the end is read as {offset}", "L11");
    }

    private static Mutation? EndGoesBack(Work work)
    {
        List<(HistoryEvent Outcome, long Before)> candidates = [];
        Dictionary<(int Process, string Topic, int Partition), long> before = [];
        foreach (HistoryEvent outcome in work.Ok(Operation.EndOffset))
        {
            EndOffsetValue end = outcome.As<EndOffsetValue>();
            (int, string, int) key = (outcome.Process, end.Topic, end.Partition);
            if (before.TryGetValue(key, out long told) && told > 0)
            {
                candidates.Add((outcome, told));
            }

            before[key] = Math.Max(told, end.End ?? 0);
        }

        (HistoryEvent picked, long highest) = work.Pick(candidates);
        if (picked is null)
        {
            return null;
        }

        work.Replace(picked, picked.As<EndOffsetValue>() with { End = highest - 1 });
        return work.Done(MutationKind.EndGoesBack, $"event {picked.Index}: the end goes from {highest} to {highest - 1}", "L12");
    }

    private static Mutation? ChangeBatch(Work work)
    {
        HistoryEvent? read = work.Pick(work.Ok(Operation.FinalRead).Where(static next => next.As<FinalReadValue>() is { Batches: [{ } first, ..] } value && first.Base < value.End));
        if (read is null)
        {
            return null;
        }

        FinalReadValue value = read.As<FinalReadValue>();
        work.Replace(read, value with { Batches = [value.Batches![0] with { Crc = value.Batches[0].Crc ^ 1 }, .. value.Batches.Skip(1)] });
        return work.Done(MutationKind.ChangeBatch, $"event {read.Index}: other bytes on node {read.Node}", "L14");
    }

    private static Mutation? Stuck(Work work)
    {
        HistoryEvent? probe = work.Pick(work.Ok(Operation.Probe));
        if (probe is null)
        {
            return null;
        }

        foreach (HistoryEvent other in work.Ok(Operation.Probe).Where(other => other.Value.Equals(probe.Value)).ToList())
        {
            work.Replace(other, other.Value, EventType.Info, "TIMEOUT");
        }

        return work.Done(MutationKind.Stuck, $"event {probe.Index}: it does not work again", "L15");
    }
}
