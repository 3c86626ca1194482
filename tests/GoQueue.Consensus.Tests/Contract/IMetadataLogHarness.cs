using GoQueue.Metadata;

namespace GoQueue.Consensus.Tests.Contract;

/// <summary>One implementation of the port under test, with a disk that outlives it. A new harness starts with an empty disk.</summary>
public interface IMetadataLogHarness : IAsyncDisposable
{
    /// <summary>The open log; another object after a reopen or crash.</summary>
    IMetadataLog Log { get; }

    /// <summary>Closes properly and opens again.</summary>
    Task ReopenAsync();

    /// <summary>Ends without any closing, losing what was not flushed, and opens again.</summary>
    Task CrashAsync();
}
