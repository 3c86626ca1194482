using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Generation;

/// <summary>The queue and the registers of the model, and the end of a run.</summary>
public sealed partial class ModelHistory
{
    private const long LeaseMillis = 20;
    private const int FinalRecords = 1_000;
    private static readonly string[] Nodes = ["1", "2", "3"];

    private readonly ModelPartition queueLog = new();
    private readonly Dictionary<string, bool> topics = [];
    private readonly Dictionary<string, string> settings = new() { ["a"] = "0", ["b"] = "0" };
    private readonly List<Queued> queue = [];
    private int changes;

    private void Prepare()
    {
        foreach (string node in Nodes)
        {
            for (int partition = 0; partition < options.Partitions; partition++)
            {
                recorder.Observe(Operation.Leader, new LeaderValue { Topic = LogTopic, Partition = partition, Leader = "1", LeaderEpoch = 1, PartitionEpoch = 1, InSync = Nodes }, node);
            }

            recorder.Observe(Operation.Metadata, new MetadataValue { Version = 1, Hash = "h1" }, node);
        }
    }

    private void AskQueue(Client client)
    {
        int choice = random.Next(10);
        if (choice < 3)
        {
            MessageId id = NewMessage(client);
            SendValue value = new() { Topic = QueueTopic, Partition = 0, IsIdempotent = true, Records = [Record(null, id)] };
            Begin(client, Operation.Send, value, () =>
            {
                long offset = queueLog.Append(id);
                queue.Add(new Queued(id, offset));
                return (EventType.Ok, value with { Records = [Record(offset, id)] }, null);
            });
        }
        else if (choice < 6 || client.Leased.Count == 0)
        {
            ReceiveValue value = new() { Topic = QueueTopic, Group = Group, LeaseMillis = LeaseMillis };
            Begin(client, Operation.Receive, value, () => (EventType.Ok, value with { Deliveries = Lease(client) }, null));
        }
        else
        {
            int at = random.Next(client.Leased.Count);
            SettledMessage settled = client.Leased[at];
            client.Leased.RemoveAt(at);
            SettleValue value = new() { Topic = QueueTopic, Group = Group, Messages = [settled] };
            Operation operation = choice < 9 ? Operation.Ack : Operation.Nack;
            Begin(client, operation, value, () => Settle(settled, operation) ? (EventType.Ok, value, null) : (EventType.Fail, value, "STALE_RECEIPT"));
        }
    }

    private List<Delivery> Lease(Client client)
    {
        List<Delivery> deliveries = [];
        foreach (Queued message in queue.Where(message => !message.IsAcked && message.LeasedUntil <= clock.Now).Take(random.Next(1, 4)))
        {
            message.Attempt++;
            message.LeasedUntil = clock.Now + (LeaseMillis * 1_000_000);
            message.Receipt = $"{message.Id}#{message.Attempt}";
            client.Leased.Add(new SettledMessage(message.Id, message.Receipt));
            deliveries.Add(new Delivery
            {
                Message = message.Id, Partition = 0, Offset = message.Offset, Receipt = message.Receipt, Attempt = message.Attempt, IsRedelivered = message.Attempt > 1,
            });
        }

        return deliveries;
    }

    private bool Settle(SettledMessage settled, Operation operation)
    {
        Queued message = queue.Find(known => known.Id == settled.Message)!;
        if (message.IsAcked || message.Receipt != settled.Receipt || message.LeasedUntil <= clock.Now)
        {
            return false;
        }

        message.IsAcked = operation == Operation.Ack;
        message.LeasedUntil = 0;
        message.Receipt = null;
        return true;
    }

    private void AskRegister(Client client)
    {
        string topic = $"r{random.Next(4)}";
        TopicValue value = new() { Topic = topic };
        string key = random.Next(2) == 0 ? "a" : "b";
        switch (random.Next(6))
        {
            case 0:
                Begin(client, Operation.Create, value, () => Change(value, topic, from: false, "TOPIC_ALREADY_EXISTS"));
                break;
            case 1:
                Begin(client, Operation.Delete, value, () => Change(value, topic, from: true, "UNKNOWN_TOPIC"));
                break;
            case 2:
                Begin(client, Operation.Exists, value, () => (EventType.Ok, value with { IsThere = topics.GetValueOrDefault(topic) }, null));
                break;
            case 3:
                ConfigValue question = new() { Topic = LogTopic, Key = key };
                Begin(client, Operation.ReadConfig, question, () => (EventType.Ok, question with { Value = settings[key] }, null));
                break;
            default:
                ConfigValue change = new() { Topic = LogTopic, Key = key, Expected = settings[key], Value = $"{++changes}" };
                Begin(client, Operation.CasConfig, change, () =>
                {
                    if (settings[key] != change.Expected)
                    {
                        return (EventType.Fail, change, "PRECONDITION_FAILED");
                    }

                    settings[key] = change.Value!;
                    return (EventType.Ok, change, null);
                });
                break;
        }
    }

    private (EventType, OperationValue, string?) Change(TopicValue value, string topic, bool from, string refusal)
    {
        if (topics.GetValueOrDefault(topic) != from)
        {
            return (EventType.Fail, value, refusal);
        }

        topics[topic] = !from;
        return (EventType.Ok, value, null);
    }

    private void Final()
    {
        recorder.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.Healed });
        recorder.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.Recovered });
        clock.Advance(20_000_000_000); // everything due is delivered, no lease is left
        DeliverDue();
        recorder.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.FinalReads });
        for (int partition = 0; partition < options.Partitions; partition++)
        {
            recorder.Observe(Operation.Probe, new ProbeValue { Topic = LogTopic, Partition = partition });
            FinalReads(LogTopic, partition, log[partition]);
            recorder.Observe(Operation.GroupOffsets, new GroupOffsetsValue
            {
                Group = Group, Offsets = [new PartitionPosition { Topic = LogTopic, Partition = partition, Offset = committedOffsets.GetValueOrDefault(partition) }],
            });
        }

        FinalReads(QueueTopic, 0, queueLog);
        recorder.Observe(Operation.QueueState, new QueueStateValue
        {
            Topic = QueueTopic, Group = Group,
            Messages = [.. queue.Select(static message => new QueuedMessage(message.Id, message.IsAcked ? QueuedState.Acked : QueuedState.Available, message.Attempt))],
        });
        recorder.Observe(Operation.DelayedState, new DelayedStateValue { Topic = LogTopic, Pending = [] });
        recorder.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.Done });
    }

    private void FinalReads(string topic, int index, ModelPartition partition)
    {
        foreach (string node in Nodes)
        {
            long at = 0;
            do
            {
                (List<HistoryRecord> records, long next) = partition.Read(at, FinalRecords);
                recorder.Observe(
                    Operation.FinalRead,
                    new FinalReadValue
                    {
                        Topic = topic, Partition = index, Records = records, End = next, IsLast = next == partition.End, Batches = [new BatchDigest(at, next, (uint)(next * 31))],
                    },
                    node);
                at = next;
            }
            while (at < partition.End);
        }
    }

    private sealed class Queued(MessageId id, long offset)
    {
        public MessageId Id { get; } = id;

        public long Offset { get; } = offset;

        public int Attempt { get; set; }

        public string? Receipt { get; set; }

        public long LeasedUntil { get; set; }

        public bool IsAcked { get; set; }
    }
}
