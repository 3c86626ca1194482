using GoQueue.Core;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <summary>How far a scrub came in one segment. Taken from <see cref="PartitionLog.NextToScrub"/> or a <see cref="ScrubStep"/> of the same log.</summary>
/// <param name="Segment">Its base offset.</param>
/// <param name="Position">Byte position of the next batch.</param>
/// <param name="Next">The offset that is expected there.</param>
public readonly record struct ScrubPosition(Offset Segment, long Position, Offset Next)
{
    internal ScrubPass? Pass { get; init; }
}

/// <summary>What one pass over a segment reads: this segment, not another that takes its place, up to where it was on the device when the pass began, unless the log is truncated.</summary>
internal sealed record ScrubPass(Segment Segment, long EndPosition, Offset End, int Truncations);

/// <summary>What one step of a scrub did.</summary>
/// <param name="Rest">Where to go on; null when the segment is through, gone or damaged.</param>
/// <param name="Bytes">Bytes of sound batches read.</param>
/// <param name="IsDamaged">Something is wrong at the place where the bytes end.</param>
public readonly record struct ScrubStep(ScrubPosition? Rest, int Bytes, bool IsDamaged);
