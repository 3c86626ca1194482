using System.Globalization;
using GoQueue.History.Checking;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Tests.Checking;

/// <summary>
/// A small history written by hand. Every event takes a millisecond. Records are written <c>"345=3-17"</c>, several with spaces; the topic is <c>t</c> with the
/// partition as a number. Methods named for an operation write invocation and ok; <see cref="As"/> changes how the next one ends.
/// </summary>
internal sealed class Script
{
    private readonly HistoryList list;
    private long now;
    private EventType outcome = EventType.Ok;
    private string? error;
    private string node = "1";

    public Script() => list = new HistoryList(() => now += 1_000_000);

    public RunConfiguration Configuration { get; set; } = new()
    {
        Topics = [new TopicConfiguration { Name = "t", Partitions = 2 }], RecoveryBoundMillis = 100, RebalanceBoundMillis = 100, TransactionTimeoutMillis = 100,
        ClockBoundMillis = 10, LateBoundMillis = 100,
    };

    /// <summary>Nanoseconds of the next event.</summary>
    public long Now => now + 1_000_000;

    public IReadOnlyList<HistoryEvent> Events => list.Events;

    public CheckOptions Options => new() { Configuration = Configuration, MinimumOk = 0, NeedsFinalPhase = false };

    public Verdict Check() => HistoryChecker.Check(list.Events, Options);

    public Script Topic(Func<TopicConfiguration, TopicConfiguration> change)
    {
        Configuration = Configuration with { Topics = [.. Configuration.Topics.Select(change)] };
        return this;
    }

    public Script Configure(Func<RunConfiguration, RunConfiguration> change)
    {
        Configuration = change(Configuration);
        return this;
    }

    /// <summary>Time passes.</summary>
    public Script Wait(long millis)
    {
        now += millis * 1_000_000;
        return this;
    }

    /// <summary>How the next operation ends.</summary>
    public Script As(EventType type, string? why = null)
    {
        (outcome, error) = (type, why ?? (type == EventType.Ok ? null : "because"));
        return this;
    }

    public Script Fails(string? why = null) => As(EventType.Fail, why);

    public Script IsUnknown() => As(EventType.Info);

    /// <summary>The node of the next observations.</summary>
    public Script At(string name)
    {
        node = name;
        return this;
    }

    public Script Invoke(int process, Operation operation, OperationValue value)
    {
        list.Invoke(process, operation, value);
        return this;
    }

    public Script End(int process, Operation operation, OperationValue value)
    {
        list.Record(process, outcome, operation, value, error);
        (outcome, error) = (EventType.Ok, null);
        return this;
    }

    public Script Do(int process, Operation operation, OperationValue value) => Invoke(process, operation, value).End(process, operation, value);

    public Script See(Operation operation, OperationValue value, int process = HistoryProcess.Harness)
    {
        list.Record(process, outcome, operation, value, error, node);
        (outcome, error) = (EventType.Ok, null);
        return this;
    }

    // The log.
    public static HistoryRecord[] Records(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Record)];

    /// <summary><c>5=1-2</c>, <c>1-2</c> without an offset, <c>5=!</c> damaged; <c>:k</c> behind it a key, <c>:-k</c> a key that is deleted, <c>#9</c> a digest, <c>&lt;0-1</c> the source, <c>@3</c> the epoch.</summary>
    private static HistoryRecord Record(string text)
    {
        string[] parts = text.Split('=');
        string rest = parts[^1];
        int end = rest.IndexOfAny([':', '#', '<', '@']);
        string name = end < 0 ? rest : rest[..end];
        HistoryRecord record = new(parts.Length > 1 ? long.Parse(parts[0], CultureInfo.InvariantCulture) : null, MessageId.TryParse(name, out MessageId id) ? id : null);
        record = name == "!" ? record with { Damage = "damaged: for the test" } : record;
        for (; end >= 0 && end < rest.Length; rest = rest[(end + 1)..], end = rest.IndexOfAny([':', '#', '<', '@']))
        {
            int next = rest.IndexOfAny([':', '#', '<', '@'], end + 1);
            string value = next < 0 ? rest[(end + 1)..] : rest[(end + 1)..next];
            record = rest[end] switch
            {
                ':' when value[0] == '-' => record with { Key = value[1..], IsTombstone = true },
                ':' => record with { Key = value },
                '#' => record with { Digest = uint.Parse(value, CultureInfo.InvariantCulture) },
                '<' => record with { Source = MessageId.TryParse(value, out MessageId source) ? source : null },
                _ => record with { ProducerEpoch = int.Parse(value, CultureInfo.InvariantCulture) },
            };
        }

        return record;
    }

    public static SendValue Sending(string records, int partition = 0, string topic = "t", bool idempotent = false, SendAcks acks = SendAcks.All, string? producer = null, int? epoch = null) => new()
    {
        Topic = topic, Partition = partition, Records = Records(records), IsIdempotent = idempotent, Acks = acks, Producer = producer, Epoch = epoch,
    };

    public Script Send(int process, string records, int partition = 0, string topic = "t", bool idempotent = false, SendAcks acks = SendAcks.All, string? producer = null, int? epoch = null)
    {
        SendValue value = Sending(records, partition, topic, idempotent, acks, producer, epoch);
        return Invoke(process, Operation.Send, value with { Records = [.. value.Records.Select(static record => record with { Offset = null })] }).End(process, Operation.Send, value);
    }

    public static PollValue Polling(string records, int partition = 0, long? from = null, long? next = null, long? end = null, long? stable = null, long? start = null, string topic = "t", ReadIsolation isolation = ReadIsolation.Committed, string? group = null, bool follower = false) => new()
    {
        Partitions = [new PolledPartition { Topic = topic, Partition = partition, From = from, Next = next, HighWatermark = end, LastStable = stable, Start = start, Records = Records(records) }],
        Isolation = isolation, Group = group, IsFollower = follower,
    };

    public Script Poll(int process, string records, int partition = 0, long? from = null, long? next = null, long? end = null, long? stable = null, long? start = null, string topic = "t", ReadIsolation isolation = ReadIsolation.Committed, string? group = null, bool follower = false) =>
        Do(process, Operation.Poll, Polling(records, partition, from, next, end, stable, start, topic, isolation, group, follower));

    public Script Assign(int process, long offset, int partition = 0, bool fromEnd = false) =>
        Do(process, Operation.Assign, new AssignValue { Partitions = [Position(offset, partition)], IsFromEnd = fromEnd });

    public Script EndOffset(int process, long end, int partition = 0, long? start = null, long? stable = null) =>
        Do(process, Operation.EndOffset, new EndOffsetValue { Topic = "t", Partition = partition, End = end, Start = start, LastStable = stable });

    public Script Final(string records, long end, int partition = 0, long start = 0, string at = "1", string topic = "t", params BatchDigest[] batches) =>
        At(at).See(Operation.FinalRead, new FinalReadValue { Topic = topic, Partition = partition, Records = Records(records), Start = start, End = end, IsLast = true, Batches = batches.Length > 0 ? batches : null });

    /// <summary>The same with the files of the replica, one batch for each message in them.</summary>
    public Script FinalFiles(string records, long end, int inFiles, string at) =>
        At(at).See(Operation.FinalRead, new FinalReadValue { Topic = "t", Partition = 0, Records = Records(records), End = end, IsLast = true, Batches = [.. Enumerable.Range(0, inFiles).Select(static offset => new BatchDigest(offset, offset, 7))] });

    public Script Probe(int partition = 0) => See(Operation.Probe, new ProbeValue { Topic = "t", Partition = partition });

    public Script Phase(RunPhase phase) => See(Operation.Phase, new PhaseValue { Phase = phase });

    public Script Fault(int number, FaultEdge edge, bool effect = true, string fault = "kill", bool skipped = false) =>
        See(Operation.Nemesis, new NemesisValue { Fault = fault, Number = number, Edge = edge, Targets = ["1"], TookEffect = effect, IsSkipped = skipped });

    /// <summary>A fault that found nothing to happen to.</summary>
    public Script Skipped(int number, string fault = "kill") => Fault(number, FaultEdge.Begin, effect: false, fault, skipped: true).Fault(number, FaultEdge.End, fault: fault);

    // Groups.
    public static PartitionPosition Position(long? offset, int partition = 0, string topic = "t") => new() { Topic = topic, Partition = partition, Offset = offset };

    public static GroupOffsetsValue Offsets(long? offset, int partition = 0, long? generation = null) => new() { Group = "g", Generation = generation, Offsets = [Position(offset, partition)] };

    public Script Commit(int process, long offset, int partition = 0, long? generation = null) => Do(process, Operation.Commit, Offsets(offset, partition, generation));

    public Script Committed(int process, long? offset, int partition = 0) => Do(process, Operation.Committed, Offsets(offset, partition));

    public Script Reset(int process, long offset, int partition = 0) => Do(process, Operation.ResetOffsets, Offsets(offset, partition));

    public Script Assigned(int process, long generation, string member, params PartitionPosition[] partitions) =>
        See(Operation.Assignment, new AssignmentValue { Group = "g", Generation = generation, Member = member, Partitions = partitions }, process);

    public Script GroupState(long generation, params (string Member, int[] Owned)[] members) => See(Operation.GroupState, new GroupStateValue
    {
        Group = "g", Generation = generation, Partitions = [Position(null), Position(null, 1)],
        Members = [.. members.Select(static member => new MemberState { Member = member.Member, Partitions = [.. member.Owned.Select(static index => Position(null, index))] })],
    });

    // Transactions.
    public static TransactionStep Sends(string records, int partition = 0, string topic = "t") => new() { Send = Sending(records, partition, topic) };

    public static TransactionStep Polls(string records, int partition = 0, long? from = null) => new() { Poll = Polling(records, partition, from) };

    public static TransactionStep Commits(long offset, int partition = 0) => new() { Commit = Offsets(offset, partition) };

    public Script Begin(int process, string producer, int? epoch, params TransactionStep[] steps) =>
        Invoke(process, Operation.Transaction, new TransactionValue { Producer = producer, Epoch = epoch, Steps = steps });

    public Script Over(int process, string producer, int? epoch, long? commitSent, params TransactionStep[] steps) =>
        End(process, Operation.Transaction, new TransactionValue { Producer = producer, Epoch = epoch, Steps = steps, CommitSent = commitSent });

    public Script Transaction(int process, string producer, int? epoch, params TransactionStep[] steps) => Begin(process, producer, epoch, steps).Over(process, producer, epoch, null, steps);

    public Script Init(int process, string producer, int epoch) =>
        Invoke(process, Operation.InitProducer, new ProducerValue { Producer = producer }).End(process, Operation.InitProducer, new ProducerValue { Producer = producer, Epoch = epoch });

    // Queues.
    public static Delivery Delivered(string message, int attempt = 1, string? receipt = null, bool again = false, string? key = null)
    {
        return new Delivery { Message = Id(message), Partition = 0, Offset = Id(message).Counter, Attempt = attempt, Receipt = receipt ?? $"r{message}#{attempt}", IsRedelivered = again || attempt > 1, Key = key };
    }

    public static ReceiveValue Receiving(long lease, params Delivery[] deliveries) => new() { Topic = "t", Group = "g", LeaseMillis = lease, Deliveries = deliveries };

    public Script Receive(int process, params Delivery[] deliveries) => Receive(process, 1000, deliveries);

    public Script Receive(int process, long lease, params Delivery[] deliveries) =>
        Invoke(process, Operation.Receive, Receiving(lease)).End(process, Operation.Receive, Receiving(lease, deliveries));

    public Script Settle(int process, Operation operation, string message, int attempt = 1, long? lease = null)
    {
        MessageId id = Id(message);
        return Do(process, operation, new SettleValue { Topic = "t", Group = "g", Messages = [new SettledMessage(id, $"r{message}#{attempt}")], LeaseMillis = lease });
    }

    public Script Ack(int process, string message, int attempt = 1) => Settle(process, Operation.Ack, message, attempt);

    public Script Queue(params (string Message, QueuedState State)[] messages) => See(Operation.QueueState, new QueueStateValue
    {
        Topic = "t", Group = "g", Messages = [.. messages.Select(static message => new QueuedMessage(Id(message.Message), message.State, 1))],
    });

    public Script DeadLetters(params string[] messages) => See(Operation.DeadLetters, new DeadLettersValue { Topic = "t", Group = "g", Messages = [.. messages.Select(Id)] });

    public static MessageId Id(string text) => MessageId.TryParse(text, out MessageId id) ? id : throw new FormatException(text);

    // Delays.
    public Script Schedule(int process, string record, long due, int partition = 0) =>
        Do(process, Operation.Schedule, new ScheduleValue { Topic = "t", Partition = partition, Record = Record(record), Due = due });

    public Script Cancel(int process, string message) => Do(process, Operation.Cancel, new CancelValue { Topic = "t", Partition = 0, Message = Id(message) });

    public Script Pending(params string[] messages) => See(Operation.DelayedState, new DelayedStateValue { Topic = "t", Pending = [.. messages.Select(Id)] });

    // Metadata.
    public Script Topic(int process, Operation operation, string topic, bool? isThere = null, string? id = null) =>
        Do(process, operation, new TopicValue { Topic = topic, IsThere = isThere, Id = id });

    public Script Config(int process, Operation operation, string? expected, string? value) =>
        Do(process, operation, new ConfigValue { Topic = "t", Key = "c", Expected = expected, Value = value });

    public Script Topics(bool current, params (string Name, string Id)[] topics) =>
        See(Operation.Topics, new TopicsValue { IsCurrent = current, Topics = [.. topics.Select(static topic => new TopicEntry(topic.Name, topic.Id))] });

    public Script Leader(string? leader, long epoch, long? change = null, string inSync = "1 2", string eligible = "", bool unclean = false, string? boot = null) => See(Operation.Leader, new LeaderValue
    {
        Topic = "t", Partition = 0, Leader = leader, LeaderEpoch = epoch, PartitionEpoch = change, InSync = Names(inSync), Eligible = Names(eligible), IsUncleanAllowed = unclean, Boot = boot,
    });

    public Script Raft(RaftFact fact, long term = 0, long index = 0, string? hash = null, string? candidate = null, string nodes = "") =>
        See(Operation.Raft, new RaftValue { Fact = fact, Term = term, Index = index, Hash = hash, Candidate = candidate, Nodes = Names(nodes) });

    public Script Metadata(long version, string? hash = null, string? boot = null) => See(Operation.Metadata, new MetadataValue { Version = version, Hash = hash, Boot = boot });

    public Script Audit(long epoch) => See(Operation.Audit, new AuditValue { Kind = "unclean-election", Topic = "t", Partition = 0, LeaderEpoch = epoch });

    private static string[] Names(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
