using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>The (epoch, first offset) list of one replica's log, as the protocol asks for it.</summary>
public interface IEpochHistory
{
    /// <summary>
    /// E3: the largest known epoch not above <paramref name="epoch"/> and where it ends; for one older than everything kept, that epoch and the
    /// start of the first kept one; <see cref="EpochEnd.Undefined"/> when it is newer than everything known or nothing is known.
    /// </summary>
    EpochEnd EndOffsetFor(LeaderEpoch epoch);

    /// <summary>The epoch under which the record at <paramref name="offset"/> was appended; none when the list does not reach back so far.</summary>
    LeaderEpoch EpochAt(Offset offset);
}

/// <summary>An epoch and the offset behind its last record.</summary>
public readonly record struct EpochEnd(LeaderEpoch Epoch, Offset EndOffset)
{
    public static readonly EpochEnd Undefined = new(LeaderEpoch.None, Offset.None);

    public bool IsUndefined => Epoch == LeaderEpoch.None;
}
