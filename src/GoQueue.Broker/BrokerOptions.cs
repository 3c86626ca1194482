using GoQueue.Broker.Replication;
using GoQueue.Core;

namespace GoQueue.Broker;

/// <summary>Configuration of the broker part of a node.</summary>
public sealed record BrokerOptions
{
    /// <summary>This node's name.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Partitions of a topic created without a number. Default 3 (as the field's examples use); 1 to 10000.</summary>
    public int DefaultPartitions { get; init; } = 3;

    /// <summary>Bytes of batches that may wait per partition; more is refused as overload. Default 32 MiB: about 100 ms of a fast disk.</summary>
    public long MaxPendingBytesPerPartition { get; init; } = 32L << 20;

    /// <summary>Batches that may wait per partition. Default 20000.</summary>
    public int MaxPendingBatchesPerPartition { get; init; } = 20_000;

    /// <summary>Bytes written and flushed as one group. Default 8 MiB. Larger groups flush more efficiently and wait longer.</summary>
    public long MaxGroupBytes { get; init; } = 8L << 20;

    /// <summary>Memory of newest batches kept for readers, per partition. Default 8 MiB; 0 reads everything from the disk.</summary>
    public long TailCacheBytesPerPartition { get; init; } = 8L << 20;

    /// <summary>Producers silent for this long are forgotten. Default one day, as in Kafka; must outlive every client's retries (I3).</summary>
    public TimeSpan ProducerIdle { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Pause between rounds of retention and compaction. Default 30 s.</summary>
    public TimeSpan MaintenanceInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes per second that compaction may read and write. Default 32 MiB.</summary>
    public long CompactionBytesPerSecond { get; init; } = 32L << 20;

    /// <summary>Bytes per second that the scrub reads from the disk, over all partitions. Default 8 MiB: a terabyte in a day and a half; 0 turns it off.</summary>
    public long ScrubBytesPerSecond { get; init; } = 8L << 20;

    /// <summary>How often the scrub verifies each segment, the active one as far as it is flushed. Default 7 days. One found at a start is due at once, because nobody knows when it was.</summary>
    public TimeSpan ScrubInterval { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bound of a segment on this node, whatever its topic says. Default 1 GiB: none. The simulator makes it small, so that logs roll and are shipped.</summary>
    public int MaxSegmentBytes { get; init; } = 1 << 30;

    /// <summary>
    /// How long a replica that was reassigned away while this node was down is kept, after the metadata that says so is known to be current. Default 1 minute: time
    /// to look, and nothing reads it.
    /// </summary>
    public TimeSpan StrayReplicaDelay { get; init; } = TimeSpan.FromMinutes(1);

    public ReplicationOptions Replication { get; init; } = new();
}
