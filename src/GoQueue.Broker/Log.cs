using GoQueue.Core;
using Microsoft.Extensions.Logging;

namespace GoQueue.Broker;

/// <summary>Log messages of this project, ids 2000-2099.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Critical, "Partition {Partition} stopped with {Code}; restart the node to recover it")]
    public static partial void PartitionFailed(ILogger logger, Exception failure, TopicPartition partition, ErrorCode code);

    [LoggerMessage(2001, LogLevel.Error, "No room for partition {Partition}: what is published is refused until there is, reading goes on")]
    public static partial void DiskFull(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(2002, LogLevel.Information, "Retention moved the start of partition {Partition} from {Before} to {After}")]
    public static partial void RetentionApplied(ILogger logger, TopicPartition partition, Offset before, Offset after);

    [LoggerMessage(2003, LogLevel.Debug, "Partition {Partition} forgot {Count} idle producers")]
    public static partial void ProducersExpired(ILogger logger, TopicPartition partition, int count);

    [LoggerMessage(2004, LogLevel.Warning, "The state snapshot of partition {Partition} at {At} is unreadable ({Detail}); the log is replayed instead")]
    public static partial void StateSnapshotUnreadable(ILogger logger, TopicPartition partition, Offset at, string detail);

    [LoggerMessage(2005, LogLevel.Information, "Partition {Partition} open: offsets {Start} to {End}, {Producers} producers, recovery {Recovery}")]
    public static partial void PartitionOpened(ILogger logger, TopicPartition partition, Offset start, Offset end, int producers, string recovery);

    [LoggerMessage(2006, LogLevel.Information, "Topic {Name} ({Topic}) was deleted; its partitions are removed")]
    public static partial void TopicDeleted(ILogger logger, string name, TopicId topic);

    [LoggerMessage(2007, LogLevel.Error, "Partition {Partition} cannot be opened")]
    public static partial void PartitionUnopenable(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(2008, LogLevel.Warning, "Directory {Name} belongs to no topic of the metadata log; it is left alone")]
    public static partial void OrphanDirectory(ILogger logger, string name);

    [LoggerMessage(2009, LogLevel.Information, "Broker {Node} open with {Topics} topics and {Partitions} partitions in {Millis} ms")]
    public static partial void BrokerOpened(ILogger logger, NodeId node, int topics, int partitions, long millis);

    [LoggerMessage(2010, LogLevel.Error, "Removing the files of partition {Partition} failed; it is tried again at the next start")]
    public static partial void RemovalFailed(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(2011, LogLevel.Error, "Maintenance of partition {Partition} failed; it is tried again in the next round")]
    public static partial void MaintenanceFailed(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(2012, LogLevel.Critical, "Following the metadata log ended with a failure")]
    public static partial void FollowingFailed(ILogger logger, Exception failure);

    [LoggerMessage(2013, LogLevel.Information, "Compacted partition {Partition}: {Before} to {After} bytes")]
    public static partial void Compacted(ILogger logger, TopicPartition partition, long before, long after);

    [LoggerMessage(2014, LogLevel.Error, "Compaction of partition {Partition} stands still until a restart: {Problem}")]
    public static partial void CompactionBlocked(ILogger logger, TopicPartition partition, string problem);

    [LoggerMessage(2016, LogLevel.Error, "The scrub found damaged bytes in partition {Partition}, in the segment at {Segment}, at offset {At}")]
    public static partial void ScrubFoundDamage(ILogger logger, TopicPartition partition, Offset segment, Offset at);

    [LoggerMessage(2017, LogLevel.Error, "Partition {Partition} stopped: its file was cut short by something else than this node. Its log is opened again; where others hold everything it is replaced")]
    public static partial void CutShort(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(2015, LogLevel.Information, "There is room for partition {Partition} again")]
    public static partial void RoomAgain(ILogger logger, TopicPartition partition);

    [LoggerMessage(2030, LogLevel.Information, "Leading partition {Partition} in epoch {Epoch} from offset {From}, {InSync} replicas in sync")]
    public static partial void BecameLeader(ILogger logger, TopicPartition partition, LeaderEpoch epoch, Offset from, int inSync);

    [LoggerMessage(2031, LogLevel.Information, "Following {Leader} for partition {Partition} in epoch {Epoch} from offset {From}")]
    public static partial void BecameFollower(ILogger logger, TopicPartition partition, NodeId leader, LeaderEpoch epoch, Offset from);

    [LoggerMessage(2032, LogLevel.Information, "Partition {Partition} cut from {Before} to {After}: the leader has another history there")]
    public static partial void Truncated(ILogger logger, TopicPartition partition, Offset before, Offset after);

    [LoggerMessage(2033, LogLevel.Critical, "Partition {Partition} is cut to {To}, below its high watermark {HighWatermark}: an unclean election lost committed records; a copy of them is kept in the partition's directory")]
    public static partial void TruncatedBelowHighWatermark(ILogger logger, TopicPartition partition, Offset to, Offset highWatermark);

    [LoggerMessage(2034, LogLevel.Error, "Leader data for partition {Partition} begins at {First}, the log ends at {End}; it is not appended")]
    public static partial void UnfitData(ILogger logger, TopicPartition partition, Offset first, Offset end);

    [LoggerMessage(2035, LogLevel.Debug, "Fetching from {Leader} failed: {Error}")]
    public static partial void FetchFailed(ILogger logger, NodeId leader, Error error);

    [LoggerMessage(2036, LogLevel.Error, "The fetcher of {Leader} failed; its session begins anew")]
    public static partial void FetcherFailed(ILogger logger, Exception failure, NodeId leader);

    [LoggerMessage(2037, LogLevel.Error, "Data of partition {Partition} from {Leader} is refused: {Error}")]
    public static partial void CorruptFetch(ILogger logger, TopicPartition partition, NodeId leader, Error error);

    [LoggerMessage(2038, LogLevel.Information, "In-sync set of partition {Partition} proposed as {Members}: {Outcome}")]
    public static partial void InSyncProposed(ILogger logger, TopicPartition partition, string members, string outcome);

    [LoggerMessage(2039, LogLevel.Warning, "Partition {Partition} ends at {End}, before its leader's log start {LogStart}; it begins anew there with the leader's snapshot")]
    public static partial void StartsOver(ILogger logger, TopicPartition partition, Offset end, Offset logStart);

    [LoggerMessage(2041, LogLevel.Warning, "Catching up with {Leader} for partition {Partition} did not succeed: {Error}; it is tried again")]
    public static partial void CatchUpFailed(ILogger logger, TopicPartition partition, NodeId leader, Error error);

    [LoggerMessage(2043, LogLevel.Error, "Stored data of partition {Partition} is damaged (at offset {At}); it begins anew from {Leader}, the damaged files are kept as {Aside}")]
    public static partial void BeginsAnew(ILogger logger, TopicPartition partition, Offset at, NodeId leader, string aside);

    [LoggerMessage(2040, LogLevel.Information, "Partition {Partition} was reassigned away in partition epoch {Epoch}; its files are removed")]
    public static partial void ReplicaRemoved(ILogger logger, TopicPartition partition, int epoch);
}
