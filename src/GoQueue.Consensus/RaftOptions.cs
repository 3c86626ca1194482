using GoQueue.Core;
using GoQueue.Storage;

namespace GoQueue.Consensus;

/// <summary>Times, bounds and intervals of the Raft metadata log. The times are to be the same on all members.</summary>
public sealed record RaftOptions
{
    /// <summary>Between two signs of life of a leader. Default 50 ms; shorter finds failures sooner and costs messages.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Silence of the leader after which an election may begin, at the least. Default 300 ms. At least three heartbeats, else one late message makes
    /// an election.
    /// </summary>
    public TimeSpan ElectionTimeoutMin { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The same at the most; each member draws between the two, so that they rarely begin together. A leader that has not heard of a majority for this
    /// time steps down. Default 600 ms.
    /// </summary>
    public TimeSpan ElectionTimeoutMax { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>
    /// After the connection to the leader broke: longest delay before the first pre-vote. Default 20 ms, enough for the others to see their
    /// connections break too.
    /// </summary>
    public TimeSpan LinkLossDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Lets a leader serve reads without a round of questions while its lease holds. Then a broken connection is no evidence and elections wait for
    /// silence, because a lease is only good when nobody else can be elected during it. Default off: a round costs one round trip.
    /// </summary>
    public bool LeaseReads { get; init; }

    /// <summary>Bytes of entries in one message. Default 128 KiB; a larger entry goes alone.</summary>
    public int MaxAppendBytes { get; init; } = 128 << 10;

    /// <summary>Messages with entries that may be on their way to one member. Default 64.</summary>
    public int MaxInflightAppends { get; init; } = 64;

    /// <summary>Bytes of entries that may be on their way to one member. Default 2 MiB.</summary>
    public int MaxInflightBytes { get; init; } = 2 << 20;

    /// <summary>Bytes of one piece of a snapshot. Default 256 KiB; one piece per member is on its way.</summary>
    public int SnapshotChunkBytes { get; init; } = 256 << 10;

    /// <summary>A larger snapshot is refused by its receiver. Default 256 MiB.</summary>
    public long MaxSnapshotBytes { get; init; } = 256L << 20;

    /// <summary>Entries a learner may be behind and still be promoted. Default 256.</summary>
    public int PromoteLagEntries { get; init; } = 256;

    /// <summary>Entries between two snapshots. Default 10,000: a start applies at most about so many.</summary>
    public int SnapshotEveryEntries { get; init; } = 10_000;

    /// <summary>Bytes of entries between two snapshots. Default 8 MiB; twice that is what the log holds in memory.</summary>
    public int SnapshotEveryBytes { get; init; } = 8 << 20;

    /// <summary>Proposals that may wait here, not counting those of other nodes; further ones are refused as overloaded. Default 4096.</summary>
    public int MaxQueuedProposals { get; init; } = 4096;

    /// <summary>
    /// Bytes of commands that are written and flushed together. Default 2 MiB; at least 512 KiB, so that the largest command (10,000 partitions)
    /// fits.
    /// </summary>
    public int MaxGroupBytes { get; init; } = 2 << 20;

    /// <summary>Messages of peers that may wait; further ones are dropped, which Raft survives. Default 4096.</summary>
    public int MaxQueuedMessages { get; init; } = 4096;

    /// <summary>How long a proposal, a read or a change of membership waits for a leader and its decision. Default 10 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The log beneath: small segments, because only whole ones below a snapshot can go; no tail cache, because the entries are in memory anyway.</summary>
    public PartitionLogOptions Log { get; init; } = new()
    {
        SegmentBytes = 4 << 20,
        TailCacheBytes = 0,
        ReserveBytes = 256 << 10,
        RecycleSegments = false,
    };

    /// <summary>Deliberate bugs; see there.</summary>
    internal RaftFaults Faults
    {
        get;
        init
        {
            GoQueue.Core.DeliberateBugSwitch.CheckMayPlant(value == RaftFaults.None);
            field = value;
        }
    }

    /// <summary>Whether a bug is planted. A constant in processes that are no tests.</summary>
    internal bool Has(RaftFaults fault) => GoQueue.Core.DeliberateBugSwitch.IsOn && (Faults & fault) != 0;

    /// <summary>How long a majority's answers keep others from being elected: somewhat less than the shortest silence they wait for, for clocks that run at different speed.</summary>
    internal TimeSpan LeaseDuration => ElectionTimeoutMin * 0.9;

    internal void Check()
    {
        Invariant.Check(HeartbeatInterval > TimeSpan.Zero && ElectionTimeoutMin >= HeartbeatInterval * 3, "an election timeout is three heartbeats or more");
        Invariant.Check(ElectionTimeoutMax > ElectionTimeoutMin && LinkLossDelay > TimeSpan.Zero, "election timeouts are a range");
        Invariant.Check(MaxAppendBytes > 0 && MaxInflightAppends > 0 && MaxInflightBytes >= MaxAppendBytes, "the bounds of replication are positive");
        Invariant.Check(SnapshotChunkBytes > 0 && MaxSnapshotBytes > SnapshotChunkBytes && PromoteLagEntries > 0, "the bounds of catching up are positive");
        Invariant.Check(SnapshotEveryEntries > 0 && SnapshotEveryBytes > 0 && MaxQueuedProposals > 0 && MaxQueuedMessages > 0, "the bounds of the loop are positive");
        Invariant.Check(MaxGroupBytes >= 512 << 10 && MaxGroupBytes + 4096 <= Log.SegmentBytes, "a group holds the largest command and fits a segment");
        Invariant.Check(RequestTimeout > TimeSpan.Zero, "requests have time");
    }
}
