using GoQueue.Core;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Recovery;

/// <summary>What <see cref="LogOpener"/> hands to the log: at least one segment, the last one ready for appending.</summary>
internal sealed record RecoveredLog(
    Segment[] Segments, Offset End, FlushCheckpoint Checkpoint, LeaderEpochs Epochs, CleanerState Cleaner, bool HasCleanMarker, LogRecovery Report);
