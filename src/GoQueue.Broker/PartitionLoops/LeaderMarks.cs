using GoQueue.Core;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>What a leader tells its followers of itself with every answer.</summary>
/// <param name="FirstKept">The first offset that it still has.</param>
/// <param name="PromisedStart">The start that it promises, and they are to promise.</param>
/// <param name="LogStart">Where the partition begins.</param>
internal readonly record struct LeaderMarks(Offset HighWatermark, Offset FirstKept, Offset PromisedStart, Offset LogStart)
{
    /// <summary>Before anything was told.</summary>
    public static readonly LeaderMarks None = new(Offset.None, Offset.None, Offset.None, Offset.None);

    /// <summary>There is something that one who was told <paramref name="told"/> does not know.</summary>
    public bool IsNewsAfter(in LeaderMarks told) => HighWatermark > told.HighWatermark || PromisedStart > told.PromisedStart || LogStart > told.LogStart;
}
