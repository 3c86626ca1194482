using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>Where a follower stands: what it asks its leader with, and at the same time the proof of what it holds.</summary>
/// <param name="LeaderEpoch">The leadership it follows.</param>
/// <param name="FetchOffset">The next record it wants. Everything below it is durable at the follower, so it counts towards the high watermark.</param>
/// <param name="LastEpoch">Epoch of the record before <paramref name="FetchOffset"/> (E6); none for an empty log.</param>
/// <param name="PromisedStart">The start that it promises not to go behind as a leader: durable there (ADR 0017). Never above <paramref name="FetchOffset"/>.</param>
/// <param name="Round">Pairs the answer with the question: the leader sends it back, and an answer of another round is ignored.</param>
public readonly record struct FetchPosition(LeaderEpoch LeaderEpoch, Offset FetchOffset, LeaderEpoch LastEpoch, Offset PromisedStart, int Round)
{
    /// <summary>The follower cannot append at the moment: its disk is full. It goes on asking, so that it notices when there is room.</summary>
    public bool IsStuck { get; init; }

    /// <summary>
    /// What the follower holds is damaged: it cannot go on as it is and must not be counted on. The leader takes note and answers <see cref="ErrorCode.CorruptLog"/>;
    /// from then on it proposes it for the in-sync set no more until it comes undamaged.
    /// </summary>
    public bool IsDamaged { get; init; }
}

/// <summary>What a leader makes of a follower's fetch.</summary>
/// <param name="Error">None: send data from the fetch offset on, or say <paramref name="Diverging"/> if that is defined.</param>
/// <param name="Diverging">E6: the follower's log is not a part of this one; the newest epoch not above its last that is known here, and its end here.</param>
/// <param name="HasMovedHighWatermark">The fetch proved that more is committed, or that the partition begins later: others are to be told.</param>
public readonly record struct FetchVerdict(ErrorCode Error, EpochEnd Diverging, bool HasMovedHighWatermark)
{
    public bool IsServed => Error == ErrorCode.None && Diverging.IsUndefined;

    internal static FetchVerdict Refused(ErrorCode error) => new(error, EpochEnd.Undefined, false);

    internal static FetchVerdict Diverges(EpochEnd end) => new(ErrorCode.None, end, false);

    internal static FetchVerdict Served(bool hasMoved) => new(ErrorCode.None, EpochEnd.Undefined, hasMoved);
}

/// <summary>What a leader answered, without the data.</summary>
/// <param name="LeaderLogStart">The first offset that the leader still has; a follower that ends before it begins anew there.</param>
public readonly record struct FetchAnswer(LeaderEpoch LeaderEpoch, int Round, ErrorCode Error, EpochEnd Diverging, Offset HighWatermark, Offset LeaderLogStart)
{
    /// <summary>The start that the leader itself promises; the follower is to promise it too (ADR 0017).</summary>
    public Offset PromisedStart { get; init; }

    /// <summary>Where the partition begins, as the leader tells its clients; as long as a new leader does not know, the last it heard of it.</summary>
    public Offset LogStart { get; init; }

    /// <summary>Instead of data: the follower is far behind and takes the sealed segment that begins at its fetch offset whole (ADR 0014).</summary>
    public bool OffersSegment { get; init; }
}

/// <summary>What a follower does next after an answer.</summary>
public enum FollowerMove
{
    /// <summary>The answer belongs to another leadership or to a position left since: forget it, its data included.</summary>
    Ignore = 0,

    /// <summary>Append the data, if any, flush it, and fetch again.</summary>
    Append,

    /// <summary>Cut the log at <see cref="FollowerStep.TruncateTo"/>, then fetch again: the answer may still be "diverging" (E4).</summary>
    Truncate,

    /// <summary>The leader no longer has what comes next here: start over at its log start.</summary>
    CatchUp,

    /// <summary>Far behind: take the leader's sealed segment that begins here whole, then ask again.</summary>
    Ship,

    /// <summary>Ask again after a pause: the leader does not know this leadership yet, or refuses for now.</summary>
    Retry,
}

/// <summary>The effect of an answer on a follower.</summary>
/// <param name="TruncateTo">First offset to drop.</param>
/// <param name="IsBelowHighWatermark">
/// The cut takes away what was committed here once. Only an unclean election explains it: raise an alarm and keep a copy (reliability.md section 6, rule 5).
/// </param>
public readonly record struct FollowerStep(FollowerMove Move, Offset TruncateTo, bool IsBelowHighWatermark)
{
    internal static FollowerStep Of(FollowerMove move) => new(move, Offset.None, false);
}
