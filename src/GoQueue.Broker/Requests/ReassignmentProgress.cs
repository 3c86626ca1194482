using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>How far the moves of replicas are.</summary>
public sealed record ReassignmentProgress
{
    /// <summary>Partitions that began to move since none did.</summary>
    public required int Total { get; init; }

    /// <summary>Of them those that have arrived or were turned back.</summary>
    public int Done => Total - Moving.Count;

    /// <summary>Bound for each broker, in and out; 0 for none.</summary>
    public required long BytesPerSecond { get; init; }

    public required IReadOnlyList<MovingPartition> Moving { get; init; }

    /// <summary>What all added replicas still lack together, about; null while the leader of any of them was not asked or did not answer.</summary>
    public long? BytesLeft => Moving.All(moving => moving.Arriving is not null) ? Moving.Sum(moving => moving.Arriving!.Sum(replica => replica.BytesLeft)) : null;

    /// <summary>About how long it takes if it goes on as it went so far; null when that is not known, or nothing arrives.</summary>
    public TimeSpan? TimeLeft
    {
        get
        {
            long rate = Moving.Sum(moving => moving.Arriving?.Sum(replica => replica.BytesLeft > 0 ? replica.BytesPerSecond : 0) ?? 0);
            return BytesLeft is not { } left ? null : left == 0 ? TimeSpan.Zero : rate == 0 ? null : TimeSpan.FromSeconds(Math.Ceiling((double)left / rate));
        }
    }
}

/// <summary>One partition on the move.</summary>
/// <param name="CaughtUp">Of those added: in sync already.</param>
public sealed record MovingPartition(TopicPartition Id, string TopicName, NodeList Target, NodeList Adding, NodeList Removing, NodeList CaughtUp)
{
    /// <summary>The added replicas that are not in sync yet, as the leader sees them; null when it was not asked or did not answer.</summary>
    public IReadOnlyList<ArrivingReplica>? Arriving { get; init; }
}

/// <summary>Where a partition is to be.</summary>
/// <param name="Replicas">In order of preference.</param>
public sealed record WantedReplicas(string Topic, int Partition, NodeList Replicas);
