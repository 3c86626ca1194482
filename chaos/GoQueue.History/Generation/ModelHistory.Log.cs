using GoQueue.History.Events;

namespace GoQueue.History.Generation;

/// <summary>The log of the model: sends, polls, transactions, ends, offsets of a group, delayed messages.</summary>
public sealed partial class ModelHistory
{
    private const string LogTopic = "log";
    private const string QueueTopic = "queue";
    private const string Group = "g";
    private const int PollRecords = 8;

    private readonly ModelClock clock;
    private readonly ModelPartition[] log;
    private readonly Dictionary<int, long?> committedOffsets = [];
    private readonly PriorityQueue<(MessageId Id, int Partition), long> due = new();
    private readonly HashSet<MessageId> waiting = [];
    private readonly List<(MessageId Id, int Partition)> accepted = [];

    private void Ask(Client client)
    {
        int partition = random.Next(options.Partitions);
        switch (options.IsLogOnly ? random.Next(60) : random.Next(100))
        {
            case < 25:
                AskSend(client, partition);
                break;
            case < 50:
                AskPoll(client, partition);
                break;
            case < 56:
                AskEnd(client, partition);
                break;
            case < 60:
                AskAssign(client, partition);
                break;
            case < 68:
                AskTransaction(client);
                break;
            case < 73:
                AskOffsets(client, partition);
                break;
            case < 77:
                AskSchedule(client, partition);
                break;
            case < 79:
                AskCancel(client);
                break;
            case < 89:
                AskQueue(client);
                break;
            default:
                AskRegister(client);
                break;
        }
    }

    private static uint DigestOf(MessageId id) => (uint)((id.Process * 7919L) + id.Counter);

    private static HistoryRecord Record(long? offset, MessageId id) => new(offset, id) { Digest = DigestOf(id) };

    private MessageId NewMessage(Client client) => new(client.Process, client.Counter++);

    private void AskSend(Client client, int partition)
    {
        MessageId[] ids = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => NewMessage(client))];
        SendValue value = new() { Topic = LogTopic, Partition = partition, IsIdempotent = true, Records = [.. ids.Select(static id => Record(null, id))] };
        Begin(client, Operation.Send, value, () => (EventType.Ok, value with { Records = [.. ids.Select(id => Record(log[partition].Append(id), id))] }, null));
    }

    private void AskPoll(Client client, int partition)
    {
        bool isFirst = !client.Positions.TryGetValue(partition, out long position);
        PolledPartition asked = new() { Topic = LogTopic, Partition = partition, From = isFirst ? 0 : null, Records = [] };
        Begin(client, Operation.Poll, new PollValue { Partitions = [asked] }, () =>
        {
            (List<HistoryRecord> records, long next) = log[partition].Read(position, PollRecords);
            client.Positions[partition] = next;
            return (EventType.Ok, new PollValue { Partitions = [asked with { Records = records, Next = next, HighWatermark = log[partition].End, Start = 0 }] }, null);
        });
    }

    private void AskAssign(Client client, int partition)
    {
        long offset = random.NextInt64(log[partition].End + 1);
        bool isFromEnd = random.Next(3) == 0;
        AssignValue value = new() { Partitions = [new PartitionPosition { Topic = LogTopic, Partition = partition, Offset = isFromEnd ? null : offset }], IsFromEnd = isFromEnd };
        Begin(client, Operation.Assign, value, () =>
        {
            long at = isFromEnd ? log[partition].End : offset;
            client.Positions.Clear();
            client.Positions[partition] = at;
            return (EventType.Ok, value with { Partitions = [value.Partitions[0] with { Offset = at }] }, null);
        });
    }

    private void AskEnd(Client client, int partition)
    {
        EndOffsetValue value = new() { Topic = LogTopic, Partition = partition };
        Begin(client, Operation.EndOffset, value, () => (EventType.Ok, value with { End = log[partition].End, Start = 0, LastStable = log[partition].End }, null));
    }

    private void AskTransaction(Client client)
    {
        int[] partitions = [.. Enumerable.Range(0, options.Partitions).Where(_ => random.Next(2) == 0)];
        (int Partition, MessageId Id)[] sends = [.. partitions.SelectMany(partition => Enumerable.Range(0, random.Next(1, 3)).Select(_ => (partition, NewMessage(client))))];
        bool isAborted = random.Next(4) == 0;
        int epoch = ++client.Epoch;
        TransactionValue value = Transaction(client, epoch, sends.Select(static send => (send.Partition, (long?)null, send.Id)));
        Begin(client, Operation.Transaction, value, () =>
        {
            List<(int Partition, long? Offset, MessageId Id)> written = [.. sends.Select(send => (send.Partition, (long?)log[send.Partition].Append(send.Id, isAborted), send.Id))];
            foreach (int partition in partitions)
            {
                log[partition].AppendMarker();
            }

            return isAborted ? (EventType.Fail, value, "ABORTED") : (EventType.Ok, Transaction(client, epoch, written), null);
        });
    }

    private static TransactionValue Transaction(Client client, int epoch, IEnumerable<(int Partition, long? Offset, MessageId Id)> sends) => new()
    {
        Producer = $"x{client.Process}", Epoch = epoch,
        Steps = [.. sends.Select(static send => new TransactionStep { Send = new SendValue { Topic = LogTopic, Partition = send.Partition, Records = [Record(send.Offset, send.Id)] } })],
    };

    private void AskOffsets(Client client, int partition)
    {
        long offset = random.NextInt64(log[partition].End + 1);
        GroupOffsetsValue value = new() { Group = Group, Offsets = [new PartitionPosition { Topic = LogTopic, Partition = partition, Offset = offset }] };
        if (random.Next(2) == 0)
        {
            Begin(client, Operation.Commit, value, () =>
            {
                committedOffsets[partition] = offset;
                return (EventType.Ok, value, null);
            });
            return;
        }

        GroupOffsetsValue question = value with { Offsets = [value.Offsets[0] with { Offset = null }] };
        Begin(client, Operation.Committed, question, () =>
            (EventType.Ok, value with { Offsets = [value.Offsets[0] with { Offset = committedOffsets.GetValueOrDefault(partition) }] }, null));
    }

    private void AskSchedule(Client client, int partition)
    {
        MessageId id = NewMessage(client);
        ScheduleValue value = new() { Topic = LogTopic, Partition = partition, Record = Record(null, id), Due = clock.Now + random.NextInt64(50_000_000) };
        Begin(client, Operation.Schedule, value, () =>
        {
            waiting.Add(id);
            accepted.Add((id, partition));
            due.Enqueue((id, partition), value.Due);
            return (EventType.Ok, value, null);
        });
    }

    private void AskCancel(Client client)
    {
        if (accepted.Count == 0)
        {
            AskEnd(client, 0);
            return;
        }

        (MessageId id, int partition) = accepted[random.Next(accepted.Count)];
        CancelValue value = new() { Topic = LogTopic, Partition = partition, Message = id };
        Begin(client, Operation.Cancel, value, () => waiting.Remove(id) ? (EventType.Ok, value, null) : (EventType.Fail, value, "UNKNOWN_MESSAGE"));
    }

    private void DeliverDue()
    {
        while (due.TryPeek(out (MessageId Id, int Partition) message, out long at) && at <= clock.Now)
        {
            due.Dequeue();
            if (waiting.Remove(message.Id))
            {
                log[message.Partition].Append(message.Id);
            }
        }
    }

    private sealed class ModelPartition
    {
        private readonly List<MessageId?> entries = [];

        public long End => entries.Count;

        /// <returns>The offset; of an aborted one too, though nobody will see it.</returns>
        public long Append(MessageId id, bool isAborted = false)
        {
            entries.Add(isAborted ? null : id);
            return entries.Count - 1;
        }

        public void AppendMarker() => entries.Add(null);

        public (List<HistoryRecord> Records, long Next) Read(long from, int max)
        {
            List<HistoryRecord> records = [];
            long at = from;
            for (; at < entries.Count && records.Count < max; at++)
            {
                if (entries[(int)at] is { } id)
                {
                    records.Add(Record(at, id));
                }
            }

            return (records, at);
        }
    }
}
