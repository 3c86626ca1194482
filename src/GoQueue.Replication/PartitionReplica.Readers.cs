using GoQueue.Core;

namespace GoQueue.Replication;

/// <content>E7: whether what a reader has read is still what this log holds. Any role that serves reads.</content>
public sealed partial class PartitionReplica
{
    /// <summary>
    /// None: the reader may go on. FencedLeaderEpoch, UnknownLeaderEpoch: it refreshes its metadata, or waits for this node to learn. LogTruncated, from
    /// a leader only: an unclean election took back what it read. OffsetNotAvailable, from a follower: the leader is to be asked, because this log
    /// may be behind or about to be cut, and cannot tell what the partition holds.
    /// </summary>
    /// <param name="known">The leader epoch the reader acts on; none is not checked.</param>
    /// <param name="from">The offset it wants.</param>
    /// <param name="last">The epoch of the record before <paramref name="from"/> as the reader saw it; none is not checked.</param>
    /// <param name="epochs">Of this replica's log.</param>
    /// <param name="parting">
    /// With LogTruncated: the largest epoch not above <paramref name="last"/> that this log has (none: it is empty), and its end here, at most
    /// <paramref name="from"/>. The histories part there or before: a reader that never saw this epoch cuts to the end of its largest smaller one and asks
    /// again (E4).
    /// </param>
    public ErrorCode ValidateReader(LeaderEpoch known, Offset from, LeaderEpoch last, IEpochHistory epochs, out EpochEnd parting)
    {
        parting = new EpochEnd(last, from);
        if (known != LeaderEpoch.None && known != Epoch)
        {
            return known < Epoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;
        }

        if (last == LeaderEpoch.None)
        {
            return ErrorCode.None;
        }

        if (last > Epoch)
        {
            return ErrorCode.UnknownLeaderEpoch; // the reader has seen a leadership that this node has not heard of
        }

        EpochEnd end = epochs.EndOffsetFor(last);
        if (end.IsUndefined)
        {
            // All records here are of older leaderships: this log ended before the one that the reader read from wrote its first.
            end = new EpochEnd(LogEnd > Offset.Zero ? epochs.EpochAt(new Offset(LogEnd.Value - 1)) : LeaderEpoch.None, LogEnd);
        }

        if (end.Epoch == last && end.EndOffset >= from)
        {
            return ErrorCode.None;
        }

        parting = new EpochEnd(end.Epoch, Offset.Min(end.EndOffset, from));
        return Role == ReplicaRole.Leader ? ErrorCode.LogTruncated : ErrorCode.OffsetNotAvailable;
    }
}
