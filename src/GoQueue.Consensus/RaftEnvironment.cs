using System.Diagnostics.Metrics;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus;

/// <summary>What the Raft metadata log takes from its host. All of it belongs to the host and outlives the log.</summary>
public sealed record RaftEnvironment
{
    public required NodeId Node { get; init; }

    /// <summary>Of the node's data directory.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>Where its turns run: they block in flushes, so a thread of its own in a server.</summary>
    public required ITurnScheduler Loop { get; init; }

    /// <summary>Where snapshots are encoded and written, beside the loop. May be the same in tests.</summary>
    public required ITurnScheduler Background { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>
    /// Null for a cluster that will never have another node. The log names itself the receiver of the kinds 1 to 99 and watches the links; whom to link to
    /// is the host's part (<see cref="IPeerTransport.SetPeers"/>), by the members in the quorum's status among others.
    /// </summary>
    public required IPeerTransport? Peers { get; init; }

    /// <summary>Draws election timeouts. Different on every node.</summary>
    public required int Seed { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Null for no metrics.</summary>
    public required IMeterFactory? Meters { get; init; }
}
