using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>One partition as the metadata log knows it. Immutable.</summary>
public sealed record PartitionImage(PartitionIndex Index, HashRange Keys, NodeId Leader, LeaderEpoch LeaderEpoch);
