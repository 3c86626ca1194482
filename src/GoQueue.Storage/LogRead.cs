using GoQueue.Core;

namespace GoQueue.Storage;

/// <summary>What a read of the log found.</summary>
/// <param name="Error">Null, or why nothing was read: <see cref="ErrorCode.OffsetOutOfRange"/>, <see cref="ErrorCode.CorruptLog"/>.</param>
/// <param name="Slices">Whole batches in offset order, one or more per slice. The caller owns one reference of each slice's buffer.</param>
/// <param name="NextOffset">Where the next read goes on: the first offset behind what was read.</param>
public readonly record struct LogRead(Error? Error, IReadOnlyList<BufferSlice> Slices, Offset NextOffset)
{
    internal static LogRead Nothing(Offset at) => new(null, [], at);

    internal static LogRead Failed(ErrorCode code, string detail, Offset at) => new(new Error(code, detail), [], at);
}
