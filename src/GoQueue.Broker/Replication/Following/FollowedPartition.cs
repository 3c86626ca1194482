using GoQueue.Broker.PartitionLoops;

namespace GoQueue.Broker.Replication.Following;

/// <summary>A partition in a fetcher. Guarded by the fetcher's gate.</summary>
internal sealed class FollowedPartition(PartitionLoop loop)
{
    public PartitionLoop Loop { get; } = loop;

    /// <summary>Its position is to be sent, and it stands in the list of those.</summary>
    public bool IsDirty { get; set; }
}
