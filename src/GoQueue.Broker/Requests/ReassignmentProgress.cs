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
}

/// <summary>One partition on the move.</summary>
/// <param name="CaughtUp">Of those added: in sync already.</param>
public sealed record MovingPartition(TopicPartition Id, string TopicName, NodeList Target, NodeList Adding, NodeList Removing, NodeList CaughtUp);

/// <summary>Where a partition is to be.</summary>
/// <param name="Replicas">In order of preference.</param>
public sealed record WantedReplicas(string Topic, int Partition, NodeList Replicas);
