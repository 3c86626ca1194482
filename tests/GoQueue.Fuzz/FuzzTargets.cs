using GoQueue.Fuzz.Targets;

namespace GoQueue.Fuzz;

/// <summary>All targets. A new reader of bytes adds its own here.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new VarintTarget(),
        new Crc32CTarget(),
        new RecordBatchTarget(),
        new RecordBatchSequenceTarget(),
        new RecordsTarget(Core.Records.CompressionCodec.None, "records"),
        new RecordsTarget(Core.Records.CompressionCodec.Gzip, "gzip"),
        new RecordsTarget(Core.Records.CompressionCodec.Snappy, "snappy"),
        new PartitionStateTarget(),
        new PartitionFoldTarget(),
        new MetadataCommandTarget(),
        new MetadataSnapshotTarget(),
        new StorageFileTarget(),
        new SegmentIndexTarget(),
        new SegmentHeaderTarget(),
        new LogRecoveryTarget(),
        new RaftMessageTarget(),
        new RaftFileTarget(),
        new FormationViewTarget(),
        new ReplicaFetchTarget(),
        new SegmentFetchTarget(),
        new PeerFrameTarget(),
        new PeerGreetingTarget(),
        new ForwardingTarget(),
    ];

    /// <summary>The target of this name, or all for <c>all</c>; empty when there is none.</summary>
    public static IReadOnlyList<IFuzzTarget> Named(string name) => name == "all" ? All : [.. All.Where(target => target.Name == name)];
}
