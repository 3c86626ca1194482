using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>Read one partition from an offset on, below the high watermark.</summary>
/// <param name="MaxBytes">Bound on the answer; a first batch larger than this still comes whole.</param>
/// <param name="MaxWait">How long to wait while there is nothing to read; zero answers at once.</param>
public readonly record struct FetchRequest(TopicPartition Partition, Offset From, int MaxBytes, TimeSpan MaxWait)
{
    /// <summary>Whether a follower may answer, because it is nearer (same rack). It trails the leader by about one fetch and never shows what can vanish. What it does not hold yet is OffsetNotAvailable.</summary>
    public bool MayReadFromFollower { get; init; }

    /// <summary>The leadership the reader acts on (semantics E7); null is not checked. Codes: FencedLeaderEpoch, UnknownLeaderEpoch.</summary>
    public LeaderEpoch? KnownEpoch { get; init; }

    /// <summary>Epoch of the record before <see cref="From"/> as the reader saw it (E7); null is not checked. Codes: LogTruncated, with the place where the histories part in the result; UnknownLeaderEpoch.</summary>
    public LeaderEpoch? LastEpoch { get; init; }
}
