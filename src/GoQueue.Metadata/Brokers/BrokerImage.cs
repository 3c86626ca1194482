using GoQueue.Core;

namespace GoQueue.Metadata.Brokers;

/// <summary>One registered broker as the metadata log knows it. Immutable.</summary>
public sealed record BrokerImage
{
    public required NodeId Node { get; init; }

    /// <summary>Of its data directory. Another one than before: it lost what it had.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>Of this registration.</summary>
    public required BrokerEpoch Epoch { get; init; }

    public required BrokerEndpoints Endpoints { get; init; }

    /// <summary>Where it stands, for placing replicas apart; null when not told.</summary>
    public string? Rack { get; init; }

    /// <summary>It may not lead, and may not join an ISR: just registered, or not heard of.</summary>
    public bool IsFenced { get; init; }

    /// <summary>An operator wants it empty: it gets no new replicas and no leaderships, and its replicas move away.</summary>
    public bool IsDraining { get; init; }

    /// <summary>It is about to stop: its leaders move away and it joins no ISR until it registers anew.</summary>
    public bool IsStopping { get; init; }

    /// <summary>It may lead.</summary>
    public bool MayLead => !IsFenced && !IsStopping;

    /// <summary>It may be added to an ISR (R6).</summary>
    public bool MayJoinInSync => !IsFenced && !IsStopping;

    /// <summary>New replicas may be placed on it.</summary>
    public bool MayHostNew => !IsFenced && !IsStopping && !IsDraining;
}
