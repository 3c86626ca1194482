using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Storage;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>What a partition loop takes from the node's and the topic's configuration.</summary>
internal sealed record PartitionLoopOptions
{
    public required TopicSettings Topic { get; init; }

    /// <summary>Bytes of batches that may wait for a turn; more is refused as overload.</summary>
    public required long MaxPendingBytes { get; init; }

    /// <summary>Batches that may wait for a turn; more is refused as overload.</summary>
    public required int MaxPendingBatches { get; init; }

    /// <summary>Bytes written and flushed as one group. Bounds how long a batch waits for the group before it.</summary>
    public required long MaxGroupBytes { get; init; }

    /// <summary>Memory of the newest batches kept for readers, per partition.</summary>
    public required long TailCacheBytes { get; init; }

    /// <summary>Producers that published nothing for this long are forgotten (semantics I3).</summary>
    public required TimeSpan ProducerIdle { get; init; }

    public required ReplicaOptions Replica { get; init; }

    /// <summary>Where a log that is not there yet begins: 0, or a leader's log start.</summary>
    public Offset FirstOffset { get; init; } = Offset.Zero;

    /// <summary>Where the log is known to be damaged, whatever its opening finds; none otherwise. Of the opening only.</summary>
    public Offset KnownDamage { get; init; } = Offset.None;

    /// <summary>Bound of the topic's segment size; see <see cref="BrokerOptions.MaxSegmentBytes"/>.</summary>
    public required int MaxSegmentBytes { get; init; }

    public PartitionLogOptions ToLogOptions() => new()
    {
        FirstOffset = FirstOffset,
        SegmentBytes = (int)Math.Min(Topic.SegmentBytes, MaxSegmentBytes),
        SegmentMillis = Topic.SegmentMillis,
        TailCacheBytes = TailCacheBytes,
        WriteThrough = Topic.FlushMode == TopicFlushMode.Flush,
    };
}
