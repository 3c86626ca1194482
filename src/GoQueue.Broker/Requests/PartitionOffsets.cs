using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>The readable range of a partition, <c>[LogStart, HighWatermark)</c>.</summary>
public readonly record struct PartitionOffsets(Offset LogStart, Offset HighWatermark);
