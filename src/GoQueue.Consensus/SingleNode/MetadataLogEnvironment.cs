using GoQueue.Core.Scheduling;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.SingleNode;

/// <summary>What the metadata log takes from its host. All of it belongs to the host and outlives the log.</summary>
public sealed record MetadataLogEnvironment
{
    /// <summary>Where its turns run; a one thread of its own in a server.</summary>
    public required ITurnScheduler Loop { get; init; }

    /// <summary>Stamps the records.</summary>
    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }
}
