using GoQueue.Consensus.Tests.Contract;

namespace GoQueue.Consensus.Tests.Cluster;

public sealed class ClusterContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() => ClusterHarness.CreateAsync(new RaftOptions(), seed: 1);
}

/// <summary>The same with a snapshot every few entries, so that most starts begin with one and late members get one.</summary>
public sealed class ClusterWithSnapshotsContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() => ClusterHarness.CreateAsync(new RaftOptions { SnapshotEveryEntries = 7 }, seed: 2);
}
