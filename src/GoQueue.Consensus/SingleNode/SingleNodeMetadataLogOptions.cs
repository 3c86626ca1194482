using GoQueue.Core;
using GoQueue.Storage;

namespace GoQueue.Consensus.SingleNode;

/// <summary>Bounds and intervals of the one-node metadata log. The defaults are our choice; metadata is small and changes seldom.</summary>
public sealed record SingleNodeMetadataLogOptions
{
    /// <summary>Proposals that may wait; further ones are refused as overloaded. Default 1000; 1 or more.</summary>
    public int MaxQueuedProposals { get; init; } = 1000;

    /// <summary>
    /// Bytes of commands that are written and flushed together. Default 1 MiB; at least 256 KiB, so that the largest command (10,000 partitions,
    /// below 150 KiB when led by a few nodes) fits.
    /// </summary>
    public int MaxGroupBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Commands between two snapshots. Default 1000: a start applies at most about so many. Small ones cost a write of the whole state each (some
    /// 200 bytes per topic).
    /// </summary>
    public int SnapshotEveryCommands { get; init; } = 1000;

    /// <summary>The log beneath: small segments, because only whole ones below a snapshot can go; no tail cache, because nobody reads it while it runs.</summary>
    public PartitionLogOptions Log { get; init; } = new()
    {
        SegmentBytes = 4 << 20,
        TailCacheBytes = 0,
        ReserveBytes = 256 << 10,
        StateSnapshots = 2,
    };

    internal void Check()
    {
        Invariant.Check(MaxQueuedProposals > 0 && SnapshotEveryCommands > 0, "bounds of the metadata log are positive");
        Invariant.Check(MaxGroupBytes >= 256 << 10 && MaxGroupBytes + 1024 <= Log.SegmentBytes, "a group holds the largest command and fits a segment");
    }
}
