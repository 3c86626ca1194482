using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Tests.Format;

/// <summary>One event of every operation, with every member set that can be.</summary>
internal static class SampleEvents
{
    public static readonly RunDescription Run = new()
    {
        Id = "run-1", Seed = 4711, ProductVersion = "0.1.0", Commit = "abc", Started = new DateTimeOffset(2026, 11, 21, 18, 0, 0, TimeSpan.Zero),
        Configuration = new RunConfiguration
        {
            Nodes = 3,
            Topics = [new TopicConfiguration { Name = "t", Partitions = 2, ReplicationFactor = 3, MinInSyncReplicas = 2, Queues = ["g"], Cleanup = TopicCleanup.Compact }],
            Pipelines = [new PipelineConfiguration { Input = "a", Output = "b", Group = "g" }],
            Other = new Dictionary<string, string> { ["why"] = "because" },
        },
    };

    private static readonly HistoryRecord Full = new(7, new MessageId(3, 17))
    {
        Key = "k", Digest = 123, IsTombstone = true, Source = new MessageId(1, 2), ProducerEpoch = 4, Damage = "no",
    };

    private static readonly PartitionPosition At = new() { Topic = "t", Partition = 1, Offset = 5 };
    private static readonly PartitionPosition Nowhere = new() { Topic = "t", Partition = 0 };
    private static readonly SendValue Send = new()
    {
        Topic = "t", Partition = 1, Records = [Full, new HistoryRecord(null, new MessageId(3, 18)), new HistoryRecord(9, null)], Acks = SendAcks.Leader, Producer = "p", Epoch = 2, IsIdempotent = true,
    };

    private static readonly PollValue Poll = new()
    {
        Partitions = [new PolledPartition { Topic = "t", Partition = 1, From = 3, Records = [Full], Next = 9, Start = 0, HighWatermark = 12, LastStable = 11 }],
        Isolation = ReadIsolation.Uncommitted, IsFollower = true, Group = "g",
    };

    private static readonly GroupOffsetsValue Offsets = new() { Group = "g", Generation = 3, Member = "m", Offsets = [At, Nowhere] };

    public static OperationValue ValueOf(Operation operation) => operation switch
    {
        Operation.Send => Send,
        Operation.Poll => Poll,
        Operation.Assign => new AssignValue { Partitions = [At], IsFromEnd = true },
        Operation.EndOffset => new EndOffsetValue { Topic = "t", Partition = 1, End = 5, Start = 1, LastStable = 4 },
        Operation.Transaction => new TransactionValue
        {
            Producer = "x", Epoch = 3, CommitSent = 12,
            Steps = [new TransactionStep { Send = Send }, new TransactionStep { Poll = Poll }, new TransactionStep { Commit = Offsets }],
        },
        Operation.InitProducer => new ProducerValue { Producer = "x", Epoch = 3 },
        Operation.Subscribe => new SubscribeValue { Group = "g", Member = "m", Topics = ["t"] },
        Operation.Assignment => new AssignmentValue { Group = "g", Generation = 3, Member = "m", Partitions = [At] },
        Operation.Commit or Operation.Committed or Operation.ResetOffsets or Operation.GroupOffsets => Offsets,
        Operation.Receive => new ReceiveValue
        {
            Topic = "t", Group = "g", LeaseMillis = 1000,
            Deliveries = [new Delivery { Message = new MessageId(3, 17), Partition = 1, Offset = 7, Receipt = "r", Attempt = 2, IsRedelivered = true, Key = "k" }],
        },
        Operation.Ack or Operation.Nack or Operation.Reject or Operation.Extend =>
            new SettleValue { Topic = "t", Group = "g", Messages = [new SettledMessage(new MessageId(3, 17), "r")], LeaseMillis = 5 },
        Operation.Schedule => new ScheduleValue { Topic = "t", Partition = 1, Record = Full, Due = 99, Producer = "p" },
        Operation.Cancel => new CancelValue { Topic = "t", Partition = 1, Message = new MessageId(3, 17) },
        Operation.Create or Operation.Delete or Operation.Exists => new TopicValue { Topic = "t", Id = "i", IsThere = true },
        Operation.CasConfig or Operation.ReadConfig => new ConfigValue { Topic = "t", Key = "c", Expected = "1", Value = "2" },
        Operation.Nemesis => new NemesisValue { Fault = "kill", Number = 1, Edge = FaultEdge.End, Targets = ["1"], TookEffect = true, Proof = "gone" },
        Operation.Phase => new PhaseValue { Phase = RunPhase.FinalReads },
        Operation.Probe => new ProbeValue { Topic = "t", Partition = 1 },
        Operation.FinalRead => new FinalReadValue { Topic = "t", Partition = 1, Records = [Full], Start = 1, End = 8, IsLast = true, Batches = [new BatchDigest(1, 7, 99)] },
        Operation.GroupState => new GroupStateValue
        {
            Group = "g", Generation = 3, Members = [new MemberState { Member = "m", Partitions = [At] }], Partitions = [Nowhere],
        },
        Operation.QueueState => new QueueStateValue { Topic = "t", Group = "g", Messages = [new QueuedMessage(new MessageId(3, 17), QueuedState.Acquired, 2)] },
        Operation.DelayedState => new DelayedStateValue { Topic = "t", Pending = [new MessageId(3, 17)] },
        Operation.DeadLetters => new DeadLettersValue { Topic = "t", Group = "g", Messages = [new MessageId(3, 17)] },
        Operation.Topics => new TopicsValue { Topics = [new TopicEntry("t", "i")], IsCurrent = true },
        Operation.Leader => new LeaderValue { Topic = "t", Partition = 1, Leader = "1", LeaderEpoch = 4, PartitionEpoch = 9, InSync = ["1"], Eligible = ["2"], IsUncleanAllowed = true, Boot = "b" },
        Operation.Metadata => new MetadataValue { Version = 4, Hash = "h", Boot = "b" },
        Operation.Raft => new RaftValue { Fact = RaftFact.Vote, Term = 3, Index = 4, Hash = "h", Candidate = "2", Nodes = ["1", "2"] },
        Operation.Audit => new AuditValue { Kind = "unclean-election", Topic = "t", Partition = 1, LeaderEpoch = 4 },
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    public static HistoryEvent Of(Operation operation, long index) => new()
    {
        Index = index, Time = 1000 + index, Process = 3, Type = (EventType)(index % 4), Operation = operation, Value = ValueOf(operation), Error = "TIMEOUT", Node = "2",
        Extra = new Dictionary<string, string> { ["a"] = "b" },
    };
}
