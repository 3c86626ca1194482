using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.History.Checking;
using GoQueue.History.Events;
using GoQueue.History.Format;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// What the clients of a run asked and were told, as a history in memory, judged at the end by the checker that judges real clusters. It knows nothing of what goes on
/// inside: what it finds, a user could have found. Times are simulated; topics are named by their ids.
/// </summary>
internal sealed class ClientHistory(SimulationLoop loop)
{
    private const int NanosPerTick = 100;

    /// <summary>A creation is written down when it is known, whoever asked for it.</summary>
    private const int NobodyInParticular = -1;

    private readonly HistoryList list = new(() => loop.Now * NanosPerTick);
    private readonly Dictionary<int, int> processes = [];
    private readonly SortedDictionary<TopicId, TopicConfiguration> topics = [];

    /// <summary>Operations that clients asked for.</summary>
    public int Asked { get; private set; }

    public void Created(TopicImage topic)
    {
        topics.TryAdd(topic.Id, Describe(topic));
        Begin(NobodyInParticular, Operation.Create, new TopicValue { Topic = Name(topic.Id), Id = Name(topic.Id) }).Ok();
    }

    /// <summary>A batch is to be published, and repeated until its outcome is known.</summary>
    public RecordedCall Send(int client, TopicPartition partition, long first, int count, bool isCompacted, ProducerIdentity? identity = null, SendAcks acks = SendAcks.All)
    {
        SendValue value = new()
        {
            Topic = Name(partition.Topic), Partition = partition.Partition.Value, IsIdempotent = identity is not null, Producer = identity is { } known ? $"producer {known.Id}" : null, Acks = acks,
            Records = [.. Enumerable.Range(0, count).Select(i => Record(null, first + i, isCompacted))],
        };
        return Begin(client, Operation.Send, value);
    }

    public RecordedCall Poll(int client, TopicPartition partition, Offset from, bool isFollower) =>
        Begin(client, Operation.Poll, Polled(partition, from, [], null, isFollower));

    /// <summary>The answer of a poll: before anybody else looks at it, so that it is there even if looking ends the run.</summary>
    public static PollValue Polled(TopicPartition partition, Offset from, FetchResult result, bool isCompacted, bool isFollower) =>
        Polled(partition, from, Records(from, result, isCompacted), result.NextOffset.Value, isFollower);

    public RecordedCall EndOffset(int client, TopicPartition partition) =>
        Begin(client, Operation.EndOffset, new EndOffsetValue { Topic = Name(partition.Topic), Partition = partition.Partition.Value });

    public RecordedCall Delete(int client, TopicId topic) => Begin(client, Operation.Delete, new TopicValue { Topic = Name(topic), Id = Name(topic) });

    /// <summary>A partition was read from its start to its end.</summary>
    public void FinalRead(TopicPartition partition, Offset start, Offset end, IReadOnlyList<HistoryRecord> records) => list.Observe(
        Operation.FinalRead,
        new FinalReadValue { Topic = Name(partition.Topic), Partition = partition.Partition.Value, Records = records, Start = start.Value, End = end.Value, IsLast = true });

    /// <summary>The cluster is not well again within the bound after the last fault, as the harness of a real cluster would have noticed.</summary>
    public void NotWell(string what) => list.Record(HistoryProcess.Harness, EventType.Info, Operation.Phase, new PhaseValue { Phase = RunPhase.Recovered }, what);

    /// <summary>What a node says of a partition.</summary>
    public void Leader(NodeId node, string boot, TopicImage topic, PartitionImage partition) => list.Observe(
        Operation.Leader,
        new LeaderValue
        {
            Topic = Name(topic.Id),
            Partition = partition.Index.Value,
            Leader = partition.Leader?.Value,
            LeaderEpoch = partition.LeaderEpoch.Value,
            PartitionEpoch = partition.PartitionEpoch.Value,
            InSync = [.. partition.InSync.Select(member => member.Value)],
            Eligible = [.. partition.EligibleLeaders.Select(member => member.Value)],
            IsUncleanAllowed = topic.Settings.UncleanLeaderElection,
            Boot = boot,
        },
        node.Value);

    /// <summary>How far a node has applied the metadata, and the term in which it says that it leads the quorum; -1 when it does not.</summary>
    public void Metadata(NodeId node, string boot, long version, long led)
    {
        list.Observe(Operation.Metadata, new MetadataValue { Version = version, Boot = boot }, node.Value);
        if (led >= 0)
        {
            list.Observe(Operation.Raft, new RaftValue { Fact = RaftFact.Leads, Term = led }, node.Value);
        }
    }

    public void Audit(NodeId node, ClusterEvent election) => list.Observe(
        Operation.Audit,
        new AuditValue { Kind = "unclean-election", Topic = Name(election.Partition.Topic), Partition = election.Partition.Partition.Value, LeaderEpoch = election.LeaderEpoch.Value },
        node.Value);

    /// <summary>All topics that there are.</summary>
    public void Topics(NodeId node, IReadOnlyList<TopicImage> all) =>
        list.Observe(Operation.Topics, new TopicsValue { Topics = [.. all.Select(topic => new TopicEntry(Name(topic.Id), Name(topic.Id)))], IsCurrent = true }, node.Value);

    /// <summary>What the history shows; whether it is complete is not asked, for some runs end early.</summary>
    public Verdict Judge() => HistoryChecker.Check(
        list.Events,
        new CheckOptions { Configuration = new RunConfiguration { Topics = [.. topics.Values] }, MinimumOk = 0, NeedsFinalPhase = false });

    public static List<HistoryRecord> Records(Offset from, FetchResult result, bool isCompacted)
    {
        List<HistoryRecord> read = [];
        foreach (BufferSlice slice in result.Slices)
        {
            RecordBatchSequence batches = new(slice.Span);
            while (batches.MoveNext())
            {
                if (new RecordBatchHeader(batches.Current).IsControl)
                {
                    continue;
                }

                using RecordBatchReader records = RecordBatchReader.Open(batches.Current, RecordReadLimits.Default, out Error? error);
                if (error is not null)
                {
                    read.Add(new HistoryRecord(new RecordBatchHeader(batches.Current).BaseOffset.Value, null) { Damage = "a batch that cannot be read" });
                    continue;
                }

                foreach (Record record in records)
                {
                    if (record.Offset >= from)
                    {
                        read.Add(Record(record.Offset.Value, MessageValue.Read(record), isCompacted));
                    }
                }
            }
        }

        return read;
    }

    private static HistoryRecord Record(long? offset, long value, bool isCompacted)
    {
        if (value < 0)
        {
            return new HistoryRecord(offset, null) { Damage = "a body that nobody makes" };
        }

        HistoryRecord record = new(offset, new MessageId(MessageValue.ClientOf(value), MessageValue.CounterOf(value)));
        return isCompacted ? record with { Key = MessageValue.KeyOf(value), IsTombstone = MessageValue.IsTombstone(value) } : record;
    }

    private static PollValue Polled(TopicPartition partition, Offset from, IReadOnlyList<HistoryRecord> records, long? next, bool isFollower) => new()
    {
        IsFollower = isFollower,
        Partitions = [new PolledPartition { Topic = Name(partition.Topic), Partition = partition.Partition.Value, From = from.Value, Records = records, Next = next }],
    };

    private static string Name(TopicId topic) => topic.ToString();

    private static TopicConfiguration Describe(TopicImage topic) => new()
    {
        Name = Name(topic.Id),
        Partitions = topic.Partitions.Count,
        Cleanup = topic.Settings.CleanupPolicy == CleanupPolicy.Compact ? TopicCleanup.Compact : TopicCleanup.Delete,
        RetentionMillis = topic.Settings.RetentionMillis >= 0 ? 0 : null, // clocks jump, so retention may come at any time
    };

    private RecordedCall Begin(int client, Operation operation, OperationValue value)
    {
        if (!processes.TryGetValue(client, out int process))
        {
            processes.Add(client, process = list.NewProcess());
        }

        Asked++;
        list.Invoke(process, operation, value);
        return new RecordedCall(this, client, operation, value);
    }

    /// <summary>An operation that was asked and must be ended, once.</summary>
    internal sealed class RecordedCall(ClientHistory history, int client, Operation operation, OperationValue asked)
    {
        public void Ok(Func<OperationValue, OperationValue>? answer = null) => End(EventType.Ok, answer?.Invoke(asked) ?? asked, null);

        /// <summary>A batch stands there, one message behind the other.</summary>
        public void Stored(Offset baseOffset) => Ok(value =>
        {
            SendValue send = (SendValue)value;
            return send.Acks == SendAcks.None ? send : send with { Records = [.. send.Records.Select((record, i) => record with { Offset = baseOffset.Value + i })] };
        });

        /// <summary>It certainly has no effect.</summary>
        public void Refused(Error error) => End(EventType.Fail, asked, ErrorCodes.Name(error.Code));

        /// <summary>Nobody knows; the client goes on as a new process.</summary>
        public void Unknown()
        {
            End(EventType.Info, asked, "unknown");
            history.processes.Remove(client);
        }

        private void End(EventType type, OperationValue value, string? error) => history.list.Record(history.processes[client], type, operation, value, error);
    }
}
