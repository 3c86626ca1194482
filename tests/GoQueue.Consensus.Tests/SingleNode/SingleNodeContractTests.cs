using GoQueue.Consensus.SingleNode;
using GoQueue.Consensus.Tests.Contract;

namespace GoQueue.Consensus.Tests.SingleNode;

public sealed class SingleNodeContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new SingleNodeHarness(new SingleNodeMetadataLogOptions()));
}

/// <summary>The same with a snapshot every few commands, so that most starts begin with one.</summary>
public sealed class SingleNodeWithSnapshotsContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new SingleNodeHarness(new SingleNodeMetadataLogOptions { SnapshotEveryCommands = 7 }));
}

/// <summary>The same with crashes that lose power in the middle of things.</summary>
public sealed class SingleNodePowerLossContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new VirtualHarness(new SingleNodeMetadataLogOptions(), seed: 1));
}

/// <summary>The same with snapshots and power loss.</summary>
public sealed class SingleNodeSnapshotPowerLossContractTests : MetadataLogContract
{
    protected override Task<IMetadataLogHarness> CreateHarnessAsync() =>
        Task.FromResult<IMetadataLogHarness>(new VirtualHarness(new SingleNodeMetadataLogOptions { SnapshotEveryCommands = 5 }, seed: 2));
}
