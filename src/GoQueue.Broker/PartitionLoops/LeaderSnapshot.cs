using GoQueue.Core;
using GoQueue.Storage;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>What a replica begins anew with that is behind its leader's first offset.</summary>
/// <param name="LogStart">The first offset that the leader has, and the first of the new log.</param>
/// <param name="Before">Epoch of the record before it and where that epoch began; none when not known.</param>
/// <param name="At">Everything below is folded into the state.</param>
internal sealed record LeaderSnapshot(Offset LogStart, EpochStart Before, Offset At, byte[] State);
