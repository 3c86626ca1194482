using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Requests;

/// <param name="Partitions">Null: the default, 3.</param>
public sealed record CreateTopic(string Name, int? Partitions, TopicSettingsPatch Settings);
