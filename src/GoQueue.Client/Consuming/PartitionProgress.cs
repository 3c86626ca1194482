namespace GoQueue.Client;

/// <summary>How far a consumer is in one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Position">The next offset to hand out; -1 when not known yet.</param>
/// <param name="HighWatermark">End of the partition when it last answered; -1 when not known yet.</param>
/// <param name="LogStartOffset">Start of the partition when it last answered; -1 when not known yet.</param>
/// <param name="LastEpoch">Leader epoch of the last message before the position; -1 when not known.</param>
public sealed record PartitionProgress(int Partition, long Position, long HighWatermark, long LogStartOffset, int LastEpoch = -1);
