using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus.Formation;

/// <summary>What a node was told about the cluster it should be part of.</summary>
public sealed record FormationOptions
{
    public required NodeId Self { get; init; }

    /// <summary>Of the data directory.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>The cluster id that was given; null lets the coordinator draw one.</summary>
    public string? ClusterId { get; init; }

    /// <summary>
    /// The static list, this node included; empty when nodes are found by a name. All of it forms the cluster, so all of it must be there once.
    /// </summary>
    public IReadOnlyList<PeerAddress> Members { get; init; } = [];

    /// <summary>
    /// For nodes found by a name: a cluster is formed when so many have shown up. More than half of the nodes that may ever be found while none is
    /// formed, else two groups that do not see each other could both be complete. Default 3.
    /// </summary>
    public int ExpectedNodes { get; init; } = 3;

    /// <summary>Under which others should reach this node; empty when it is in the list, or leaves that to how it is found.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>Of the peer port; zero as above.</summary>
    public int Port { get; init; }

    /// <summary>A node that has not been heard for this long is not counted as there. Default 3 s.</summary>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromSeconds(3);

    public bool IsStatic => Members.Count > 0;
}
