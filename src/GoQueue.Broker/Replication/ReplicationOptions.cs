using GoQueue.Replication;

namespace GoQueue.Broker.Replication;

/// <summary>
/// How replicas of this node follow and are followed. Bound in the server's configuration: <see cref="MaxShipments"/> and what a cluster's owner has a reason to change
/// in <see cref="Replica"/>. The rest is constant for a running node, and settable for tests: the values belong together (what one node asks for must fit what the
/// other grants, and a wait must end before the time-out around it), and no load is known that another value serves better.
/// </summary>
public sealed record ReplicationOptions
{
    /// <summary>The replica protocol's own limits.</summary>
    public ReplicaOptions Replica { get; init; } = new();

    /// <summary>Longest time a fetch waits at the leader for data. Default 500 ms, as Kafka's; it costs nothing while it waits.</summary>
    public TimeSpan FetchMaxWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Bytes of data in one answer. Default 8 MiB: one group of the committer.</summary>
    public int FetchMaxBytes { get; init; } = 8 << 20;

    /// <summary>Bytes of data of one partition in one answer, so that one does not crowd out the others. Default 4 MiB.</summary>
    public int FetchMaxPartitionBytes { get; init; } = 4 << 20;

    /// <summary>
    /// How long a new high watermark alone waits for data to travel with. Default 20 ms: readers at followers see it soon, and a busy
    /// partition costs few messages for it (with 5 ms nearly half of all fetches were for it alone).
    /// </summary>
    public TimeSpan HighWatermarkDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Time for the answer of a fetch beyond its wait before the link counts as stuck. Default 10 s.</summary>
    public TimeSpan FetchTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a sealed segment asked for at once by a follower that is far behind. Default 1 MiB; at most 4 MiB.</summary>
    public int ShipPartBytes { get; init; } = 1 << 20;

    /// <summary>Parts under way for each segment that is shipped. Default 4: with the above, 4 MiB wait in memory or on the network.</summary>
    public int ShipPartsUnderWay { get; init; } = 4;

    /// <summary>Segments that this node takes at a time. Default 2; the other partitions that are far behind wait for their turn.</summary>
    public int MaxShipments { get; init; } = 2;

    /// <summary>Pause before a leader that could not be reached, or a partition that it refused, is asked again. Default 50 ms.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Interval of the checks for followers that fell behind. Default 500 ms.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Time for a change of the in-sync set to be decided; then its outcome counts as unknown. Default 10 s.</summary>
    public TimeSpan ProposalTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time for the metadata quorum to confirm that this node still leads, before a refusal that only the newest leader can be sure of; then the client is sent
    /// elsewhere. Default 2 s: a node that is cut off gives its clients back well before their own time-outs.
    /// </summary>
    public TimeSpan ProofTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
