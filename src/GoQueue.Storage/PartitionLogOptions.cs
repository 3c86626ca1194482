using GoQueue.Core;

namespace GoQueue.Storage;

/// <summary>Sizes and intervals of one partition log. Changed while running by <see cref="PartitionLog.Reconfigure"/>.</summary>
public sealed record PartitionLogOptions
{
    /// <summary>Bytes after which a new segment is begun. Default 64 MiB; 1 KiB to 1 GiB. Small ones make retention finer and cost flushes.</summary>
    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Age of a segment's first batch, in milliseconds, after which a new segment is begun. Default 7 days, as Kafka's.</summary>
    public long SegmentMillis { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>Bytes of batches per index entry. Default 4096, as Kafka's.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary>Bytes of the newest batches kept in memory for tailing readers. Default 8 MiB; 0 turns the cache off.</summary>
    public long TailCacheBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// Flushed bytes after which the checkpoint is written; recovery verifies about this much per partition after a crash. Default 16 MiB.
    /// </summary>
    public int CheckpointBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes that are never exceeded between two flushes (the log flushes by itself before); recovery tells a torn tail from damage by it.
    /// Default 32 MiB.
    /// </summary>
    public int UnflushedWindowBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// Largest step in which the active file is extended ahead of the writes, because the flush of a growing file costs twice (measured:
    /// docs/internals/segment.md). The step doubles from 64 KiB up to this. Default 16 MiB; 0 turns it off.
    /// </summary>
    public int ReserveBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Whether a segment that retention retires is zeroed and used again as the next one, so that flushes only overwrite (ADR 0006). Costs one
    /// segment of disk per log. Default on.
    /// </summary>
    public bool RecycleSegments { get; init; } = true;

    /// <summary>
    /// Whether appends go past the system's cache where the platform can (ADR 0012): for logs that are flushed before anything is acknowledged. Default on;
    /// turn it off for logs that are flushed seldom, whose appends would wait for the device.
    /// </summary>
    public bool WriteThrough { get; init; } = true;

    /// <summary>Newest state snapshots kept. Default 2: one may turn out to be damaged.</summary>
    public int StateSnapshots { get; init; } = 2;

    /// <summary>
    /// Where a log begins that does not exist yet: behind a snapshot that came from elsewhere. Default 0. Without effect on a log that exists.
    /// </summary>
    public Offset FirstOffset { get; init; } = Offset.Zero;

    internal void Check()
    {
        Invariant.Check(SegmentBytes is >= 1024 and <= 1024 * 1024 * 1024, "segments have 1 KiB to 1 GiB");
        Invariant.Check(SegmentMillis > 0 && IndexIntervalBytes > 0 && TailCacheBytes >= 0, "intervals of a log are positive");
        Invariant.Check(FirstOffset >= Offset.Zero, "a log begins at an offset");
        Invariant.Check(CheckpointBytes > 0 && UnflushedWindowBytes > 0 && ReserveBytes >= 0 && StateSnapshots > 0, "sizes of a log are positive");
    }
}
