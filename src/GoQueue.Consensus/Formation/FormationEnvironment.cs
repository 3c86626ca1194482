using GoQueue.Core.Peers;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.Formation;

/// <summary>What formation needs of its surroundings.</summary>
public sealed record FormationEnvironment
{
    public required IPeerTransport Transport { get; init; }

    /// <summary>Null for a static list.</summary>
    public IPeerFinder? Finder { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Never gives the same id twice.</summary>
    public required Func<Guid> NewId { get; init; }

    public required ILogger Logger { get; init; }
}
