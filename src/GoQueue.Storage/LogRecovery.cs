using GoQueue.Core;

namespace GoQueue.Storage;

/// <summary>Offsets whose stored bytes are damaged. They are kept, never skipped and never served.</summary>
/// <param name="Start">First offset of the range.</param>
/// <param name="End">First offset behind it.</param>
/// <param name="SegmentBase">Base offset of the segment file.</param>
/// <param name="StartPosition">Byte position where the damage begins.</param>
/// <param name="EndPosition">Byte position of the next good batch, or the end of the segment's data.</param>
public readonly record struct CorruptRange(Offset Start, Offset End, Offset SegmentBase, long StartPosition, long EndPosition);

/// <summary>What opening a log found.</summary>
/// <param name="WasClean">The log was closed properly, so nothing was scanned (reliability.md section 6 rule 8). Also true for a new log.</param>
/// <param name="TruncatedBytes">Bytes of a torn tail that were cut.</param>
/// <param name="ScannedSegments">Segments of which a part was verified.</param>
/// <param name="ScannedBytes">Bytes verified.</param>
/// <param name="CorruptRanges">Damage before the checkpoint, or with good batches behind it.</param>
public sealed record LogRecovery(
    bool WasClean, long TruncatedBytes, int ScannedSegments, long ScannedBytes, IReadOnlyList<CorruptRange> CorruptRanges);
