using GoQueue.Core;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus;

/// <summary>Log messages of this project, ids 3000 to 3079.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "Metadata log {Path} opened: version {Version}, {Topics} topics; {Replayed} commands applied above the snapshot at {SnapshotAt}")]
    public static partial void Opened(ILogger logger, string path, long version, int topics, int replayed, Offset snapshotAt);

    [LoggerMessage(3001, LogLevel.Warning, "Metadata snapshot at {At} is damaged ({Detail}); the log is applied from its beginning instead")]
    public static partial void SnapshotUnreadable(ILogger logger, Offset at, string detail);

    [LoggerMessage(3002, LogLevel.Warning, "No room on the disk for {Commands} metadata commands; they were refused")]
    public static partial void DiskFull(ILogger logger, Exception cause, int commands);

    [LoggerMessage(3003, LogLevel.Warning, "No room on the disk for a metadata snapshot; the log stays longer until the next one")]
    public static partial void SnapshotDiskFull(ILogger logger, Exception cause);

    [LoggerMessage(3004, LogLevel.Critical, "The metadata log failed and takes no more commands; restart the node to recover it")]
    public static partial void Failed(ILogger logger, Exception cause);

    [LoggerMessage(3005, LogLevel.Debug, "Metadata snapshot of {Bytes} bytes at {At}; the log starts at {Start}")]
    public static partial void SnapshotWritten(ILogger logger, int bytes, Offset at, Offset start);

    [LoggerMessage(3006, LogLevel.Warning, "The metadata log could not be closed properly; the next start recovers it")]
    public static partial void CloseFailed(ILogger logger, Exception cause);

    [LoggerMessage(3007, LogLevel.Information, "Metadata log closed at version {Version}")]
    public static partial void Closed(ILogger logger, long version);
}
