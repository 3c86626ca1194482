using GoQueue.Core;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus;

/// <summary>Log messages of this project, ids 3000 to 3079.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "Metadata log {Path} opened: term {Term}, entries up to {LastIndex}, snapshot at {SnapshotIndex}, {Topics} topics; this node is {Role}")]
    public static partial void Opened(ILogger logger, string path, long term, long lastIndex, long snapshotIndex, int topics, string role);

    [LoggerMessage(3001, LogLevel.Warning, "Snapshot {Name} in {Path} is damaged; an older one is used if the log reaches it")]
    public static partial void SnapshotDamaged(ILogger logger, string name, string path);

    [LoggerMessage(3002, LogLevel.Warning, "No room on the disk for entries {From} and later of the metadata log; they were refused")]
    public static partial void DiskFull(ILogger logger, Exception cause, long from);

    [LoggerMessage(3003, LogLevel.Warning, "No room on the disk for a metadata snapshot; the log stays longer until the next one")]
    public static partial void SnapshotDiskFull(ILogger logger, Exception cause);

    [LoggerMessage(3004, LogLevel.Critical, "The metadata log failed and takes no more commands; restart the node to recover it")]
    public static partial void Failed(ILogger logger, Exception cause);

    [LoggerMessage(3005, LogLevel.Debug, "Metadata snapshot of {Bytes} bytes at entry {Index}")]
    public static partial void SnapshotWritten(ILogger logger, int bytes, long index);

    [LoggerMessage(3006, LogLevel.Warning, "The metadata log could not be closed properly; the next start recovers it")]
    public static partial void CloseFailed(ILogger logger, Exception cause);

    [LoggerMessage(3007, LogLevel.Information, "Metadata log closed at version {Version}")]
    public static partial void Closed(ILogger logger, long version);

    [LoggerMessage(3008, LogLevel.Warning, "The vote state in {Path} is missing or damaged. This node follows the metadata quorum but does not vote in it; remove it from the cluster and add it again with an empty directory")]
    public static partial void VoteStateLost(ILogger logger, string path);

    [LoggerMessage(3010, LogLevel.Information, "Metadata quorum: {Role} in term {Term}, leader {Leader}, decided up to {Commit}")]
    public static partial void RoleChanged(ILogger logger, string role, long term, string leader, long commit);

    [LoggerMessage(3011, LogLevel.Information, "Members of the metadata quorum: {Members}")]
    public static partial void MembersChanged(ILogger logger, string members);

    [LoggerMessage(3012, LogLevel.Information, "Metadata snapshot at entry {Index} received from the leader and installed")]
    public static partial void SnapshotInstalled(ILogger logger, long index);

    [LoggerMessage(3013, LogLevel.Warning, "A message of {Bytes} bytes from {From} is no message of the metadata quorum that this program knows; it was dropped")]
    public static partial void BadMessage(ILogger logger, NodeId from, int bytes);
}
