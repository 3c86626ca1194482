namespace GoQueue.Storage.Files;

/// <summary>What a file with the <c>GQ</c> header holds; byte 3 of it (docs/internals).</summary>
internal enum FileKind : byte
{
    Checkpoint = 1,
    LeaderEpochs = 2,
    State = 3,
    CleanShutdown = 4,
    OffsetIndex = 5,
    TimeIndex = 6,
    TruncateIntent = 7,
    CleanerState = 8,
    CleanerSwap = 9,
    IncomingState = 10,
    CommittedEnd = 11,
    Segment = 12,
    LogStart = 13,
}
