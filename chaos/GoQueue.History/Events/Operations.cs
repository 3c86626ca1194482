using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace GoQueue.History.Events;

/// <summary>The closed set of operations: the name in the file, the type of the value, and whether it is asked (invoke, then an outcome) or only seen.</summary>
public static class Operations
{
    private static readonly Entry[] Entries =
    [
        Asked<SendValue>(Operation.Send, "send"),
        Asked<PollValue>(Operation.Poll, "poll"),
        Asked<AssignValue>(Operation.Assign, "assign"),
        Asked<EndOffsetValue>(Operation.EndOffset, "end-offset"),
        Asked<TransactionValue>(Operation.Transaction, "txn"),
        Asked<ProducerValue>(Operation.InitProducer, "init-producer"),

        Asked<SubscribeValue>(Operation.Subscribe, "subscribe"),
        Seen<AssignmentValue>(Operation.Assignment, "assignment"),
        Asked<GroupOffsetsValue>(Operation.Commit, "commit"),
        Asked<GroupOffsetsValue>(Operation.Committed, "committed"),
        Asked<GroupOffsetsValue>(Operation.ResetOffsets, "reset-offsets"),

        Asked<ReceiveValue>(Operation.Receive, "receive"),
        Asked<SettleValue>(Operation.Ack, "ack"),
        Asked<SettleValue>(Operation.Nack, "nack"),
        Asked<SettleValue>(Operation.Reject, "reject"),
        Asked<SettleValue>(Operation.Extend, "extend"),

        Asked<ScheduleValue>(Operation.Schedule, "schedule"),
        Asked<CancelValue>(Operation.Cancel, "cancel"),

        Asked<TopicValue>(Operation.Create, "create"),
        Asked<TopicValue>(Operation.Delete, "delete"),
        Asked<TopicValue>(Operation.Exists, "exists"),
        Asked<ConfigValue>(Operation.CasConfig, "cas-config"),
        Asked<ConfigValue>(Operation.ReadConfig, "read-config"),

        Seen<NemesisValue>(Operation.Nemesis, "nemesis"),
        Seen<PhaseValue>(Operation.Phase, "phase"),
        Seen<ProbeValue>(Operation.Probe, "probe"),

        Seen<FinalReadValue>(Operation.FinalRead, "final-read"),
        Seen<GroupOffsetsValue>(Operation.GroupOffsets, "group-offsets"),
        Seen<GroupStateValue>(Operation.GroupState, "group-state"),
        Seen<QueueStateValue>(Operation.QueueState, "queue-state"),
        Seen<DelayedStateValue>(Operation.DelayedState, "delayed-state"),
        Seen<DeadLettersValue>(Operation.DeadLetters, "dead-letters"),
        Seen<TopicsValue>(Operation.Topics, "topics"),
        Seen<LeaderValue>(Operation.Leader, "leader"),
        Seen<MetadataValue>(Operation.Metadata, "metadata"),
        Seen<RaftValue>(Operation.Raft, "raft"),
        Seen<AuditValue>(Operation.Audit, "audit"),
    ];

    private static readonly FrozenDictionary<string, Operation> ByName = Entries.ToFrozenDictionary(static entry => entry.Name, static entry => entry.Operation, StringComparer.Ordinal);

    /// <summary>Every operation, in the order of the format's table.</summary>
    public static IEnumerable<Operation> All => Entries.Select(static entry => entry.Operation);

    /// <summary><c>f</c> in the file.</summary>
    public static string Name(this Operation operation) => Entries[(int)operation].Name;

    /// <summary>Type of the value that every event of it carries.</summary>
    public static Type ValueType(this Operation operation) => Entries[(int)operation].ValueType;

    /// <summary>One event tells it all, of type ok, fail or info; there is no invocation before it.</summary>
    public static bool IsObservation(this Operation operation) => Entries[(int)operation].IsObservation;

    /// <returns>False when no such operation exists in this version.</returns>
    public static bool TryParse(string name, [MaybeNullWhen(false)] out Operation operation) => ByName.TryGetValue(name, out operation);

    private static Entry Asked<T>(Operation operation, string name)
        where T : OperationValue => new(operation, name, typeof(T), IsObservation: false);

    private static Entry Seen<T>(Operation operation, string name)
        where T : OperationValue => new(operation, name, typeof(T), IsObservation: true);

    private sealed record Entry(Operation Operation, string Name, Type ValueType, bool IsObservation);
}
