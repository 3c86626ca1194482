using GoQueue.Consensus.Tests.Contract;

namespace GoQueue.Consensus.Tests.Alone;

public sealed class OneVoterContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new DiskHarness(new RaftOptions()));
}

/// <summary>The same with a snapshot every few commands, so that most starts begin with one.</summary>
public sealed class OneVoterWithSnapshotsContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new DiskHarness(new RaftOptions { SnapshotEveryEntries = 7 }));
}

/// <summary>The same with crashes that lose power in the middle of things.</summary>
public sealed class OneVoterPowerLossContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new VirtualHarness(new RaftOptions(), seed: 1));
}

/// <summary>The same with snapshots and power loss.</summary>
public sealed class OneVoterSnapshotPowerLossContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new VirtualHarness(new RaftOptions { SnapshotEveryEntries = 5 }, seed: 2));
}
