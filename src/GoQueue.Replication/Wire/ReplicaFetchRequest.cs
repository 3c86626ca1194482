using GoQueue.Core;

namespace GoQueue.Replication.Wire;

/// <summary>
/// A follower's side of its fetch session with one leader: the partitions whose position changed since the request before. What is not named
/// stays as it was.
/// </summary>
/// <param name="Session">Given by the leader; 0 opens a new one, and the request then names every partition.</param>
/// <param name="Sequence">Counts the requests of a session from 0. A gap means that a request was lost: the leader then refuses the session.</param>
/// <param name="BrokerEpoch">The follower's registration (R6).</param>
/// <param name="MaxWaitMillis">Bound of the long poll; 0 answers at once.</param>
/// <param name="MaxBytes">Bound of the data in the answer. The first batch of the first partition comes whole, however large.</param>
/// <param name="Positions">Partitions to arm: the leader answers each at most once with data, a divergence or an error, and then waits for its next position.</param>
/// <param name="Forgotten">Partitions that leave the session.</param>
public sealed record ReplicaFetchRequest(
    long Session,
    int Sequence,
    BrokerEpoch BrokerEpoch,
    int MaxWaitMillis,
    int MaxBytes,
    IReadOnlyList<PartitionPosition> Positions,
    IReadOnlyList<TopicPartition> Forgotten)
{
    /// <summary>The leader may answer with an offer of a sealed segment instead of data.</summary>
    public bool TakesOffers { get; init; }
}

/// <summary>Where a follower stands in one partition.</summary>
public readonly record struct PartitionPosition(TopicPartition Partition, FetchPosition Position);
