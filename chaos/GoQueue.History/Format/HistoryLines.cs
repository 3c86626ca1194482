using System.Text.Json.Serialization;
using GoQueue.History.Events;

namespace GoQueue.History.Format;

/// <summary>The first line of a file.</summary>
internal sealed record HeaderLine
{
    public required string Format { get; init; }

    public required int Version { get; init; }

    public required RunDescription Run { get; init; }
}

/// <summary>The last line of a file.</summary>
internal sealed record EndLine
{
    public required bool End { get; init; }

    public required long Events { get; init; }
}

/// <summary>Every shape that the file knows, compiled, so that a million lines are read in seconds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(HeaderLine))]
[JsonSerializable(typeof(EndLine))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(SendValue))]
[JsonSerializable(typeof(PollValue))]
[JsonSerializable(typeof(AssignValue))]
[JsonSerializable(typeof(EndOffsetValue))]
[JsonSerializable(typeof(TransactionValue))]
[JsonSerializable(typeof(ProducerValue))]
[JsonSerializable(typeof(SubscribeValue))]
[JsonSerializable(typeof(AssignmentValue))]
[JsonSerializable(typeof(GroupOffsetsValue))]
[JsonSerializable(typeof(GroupStateValue))]
[JsonSerializable(typeof(ReceiveValue))]
[JsonSerializable(typeof(SettleValue))]
[JsonSerializable(typeof(QueueStateValue))]
[JsonSerializable(typeof(DeadLettersValue))]
[JsonSerializable(typeof(ScheduleValue))]
[JsonSerializable(typeof(CancelValue))]
[JsonSerializable(typeof(DelayedStateValue))]
[JsonSerializable(typeof(TopicValue))]
[JsonSerializable(typeof(ConfigValue))]
[JsonSerializable(typeof(TopicsValue))]
[JsonSerializable(typeof(LeaderValue))]
[JsonSerializable(typeof(MetadataValue))]
[JsonSerializable(typeof(RaftValue))]
[JsonSerializable(typeof(AuditValue))]
[JsonSerializable(typeof(NemesisValue))]
[JsonSerializable(typeof(PhaseValue))]
[JsonSerializable(typeof(ProbeValue))]
[JsonSerializable(typeof(FinalReadValue))]
internal sealed partial class HistoryJson : JsonSerializerContext;
