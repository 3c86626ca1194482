using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>A leader counted everything below an offset as committed.</summary>
/// <param name="View">What it counted under: its epoch, and whom it took for in sync.</param>
/// <param name="End">Everything below was counted.</param>
internal readonly record struct CommitCount(PartitionView View, Offset End);
