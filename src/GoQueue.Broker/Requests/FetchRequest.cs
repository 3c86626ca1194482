using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>Read one partition from an offset on, below the high watermark.</summary>
/// <param name="MaxBytes">Bound on the answer; a first batch larger than this still comes whole.</param>
/// <param name="MaxWait">How long to wait while there is nothing to read; zero answers at once.</param>
public readonly record struct FetchRequest(TopicPartition Partition, Offset From, int MaxBytes, TimeSpan MaxWait);
