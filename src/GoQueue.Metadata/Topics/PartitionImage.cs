using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>One partition as the metadata log knows it. Immutable; every change but one of the key range makes another with the next partition epoch.</summary>
/// <remarks>
/// Always true (checked where a state is made): ISR, ELR, adding and removing are parts of the replicas, in their order; ISR and ELR share no node; a
/// leader is in the ISR; an empty ISR has no leader. The ISR is empty only when every node that held all committed records came back with another
/// disk: then nobody may lead without an unclean election.
/// </remarks>
public sealed record PartitionImage
{
    /// <summary>Most replicas of a partition; the stored form keeps sets of them in 16 bits.</summary>
    public const int MaxReplicas = 16;

    public required PartitionIndex Index { get; init; }

    /// <summary>The key hashes that belong here.</summary>
    public required HashRange Keys { get; init; }

    /// <summary>Every node that keeps the partition, the preferred leader first. During a reassignment the target first, then those on their way out.</summary>
    public required NodeList Replicas { get; init; }

    /// <summary>ISR: those that hold every committed record and count for new ones (R1).</summary>
    public required NodeList InSync { get; init; }

    /// <summary>ELR: out of the ISR, but sure to hold every committed record, because nothing was committed since they left it (L2).</summary>
    public NodeList EligibleLeaders { get; init; } = NodeList.Empty;

    /// <summary>Null: nobody leads, the partition is offline.</summary>
    public required NodeId? Leader { get; init; }

    /// <summary>Raised by every change of the leader, to none included (E1).</summary>
    public LeaderEpoch LeaderEpoch { get; init; }

    public PartitionEpoch PartitionEpoch { get; init; }

    /// <summary>Who led last while nobody leads; null while somebody does, and when it is no replica any more.</summary>
    public NodeId? LastKnownLeader { get; init; }

    /// <summary>Replicas that a reassignment brings in; they stay so until they are in the ISR and the old ones go.</summary>
    public NodeList Adding { get; init; } = NodeList.Empty;

    /// <summary>Replicas that a reassignment takes away once the target is in sync.</summary>
    public NodeList Removing { get; init; } = NodeList.Empty;

    public bool IsReassigning => Adding.Count > 0 || Removing.Count > 0;

    public bool IsOffline => Leader is null;

    /// <summary>The replicas that stay, in order of preference.</summary>
    public NodeList Target => Removing.Count == 0 ? Replicas : Replicas.Without(Removing);

    /// <summary>What a leader and everything else is chosen by.</summary>
    public NodeId PreferredLeader => Replicas[0];

    /// <summary>A partition as it begins: every replica in sync, the first of them leads.</summary>
    public static PartitionImage New(PartitionIndex index, HashRange keys, NodeList replicas) => new()
    {
        Index = index,
        Keys = keys,
        Replicas = replicas,
        InSync = replicas,
        Leader = replicas[0],
    };

    /// <summary>Null when the parts fit together, else what is wrong.</summary>
    public string? FindFault()
    {
        if (Replicas.Count is < 1 or > MaxReplicas)
        {
            return $"it has {Replicas.Count} replicas, not 1 to {MaxReplicas}";
        }

        if (LeaderEpoch < LeaderEpoch.Zero || PartitionEpoch < PartitionEpoch.Zero)
        {
            return $"its leader epoch is {LeaderEpoch} and its partition epoch {PartitionEpoch}";
        }

        if (!IsPart(InSync) || !IsPart(EligibleLeaders) || !IsPart(Adding) || !IsPart(Removing))
        {
            return $"its ISR {InSync}, ELR {EligibleLeaders}, adding {Adding} and removing {Removing} are not all parts of the replicas {Replicas}, in their order";
        }

        if (EligibleLeaders.Any(InSync.Contains) || Adding.Any(Removing.Contains) || Removing.Count == Replicas.Count)
        {
            return $"a node is in its ISR {InSync} and ELR {EligibleLeaders}, or adding {Adding} and removing {Removing}";
        }

        if (Leader is { } leader && !InSync.Contains(leader))
        {
            return $"its leader {leader} is not in its ISR {InSync}";
        }

        return LastKnownLeader is { } last && (Leader is not null || !Replicas.Contains(last))
            ? $"its last known leader {last} is no replica, or {Leader} leads"
            : null;
    }

    /// <summary>The same nodes in the order of the replicas; those that are none are left out.</summary>
    public NodeList InOrder(NodeList nodes) => nodes.Equals(Replicas) ? Replicas : Replicas.Where(nodes.Contains);

    private bool IsPart(NodeList nodes) => nodes.Count == 0 || InOrder(nodes).Equals(nodes);
}
