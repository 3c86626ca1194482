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
