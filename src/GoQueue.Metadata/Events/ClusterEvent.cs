using GoQueue.Core;

namespace GoQueue.Metadata.Events;

/// <summary>Something that an operator must be able to find later: a choice that may have cost acknowledged records (L5).</summary>
/// <param name="Version">The image version it came with.</param>
/// <param name="Leader">Who was chosen, or who stayed.</param>
/// <param name="Before">Who led before, when that is known.</param>
/// <param name="LeaderEpoch">Of the partition after it.</param>
/// <param name="AtRisk">
/// Offsets that may be lost or replaced: what replicas with an older history had to cut, committed or not. Null while none of them came back to tell.
/// </param>
public sealed record ClusterEvent(
    long Version,
    ClusterEventKind Kind,
    TopicPartition Partition,
    NodeId Leader,
    NodeId? Before,
    LeaderEpoch LeaderEpoch,
    OffsetRange? AtRisk)
{
    /// <summary>A leader was chosen that may lack records.</summary>
    public bool IsElection => Kind is ClusterEventKind.UncleanElection or ClusterEventKind.ForcedElection;
}

/// <summary>Offsets <c>[First, End)</c>.</summary>
public readonly record struct OffsetRange(Offset First, Offset End);
