using GoQueue.Core;

namespace GoQueue.Storage;

/// <summary>A sealed segment as another replica can take it over whole. Two of equal value have the same bytes.</summary>
/// <param name="EndOffset">Base offset of the next segment.</param>
/// <param name="SizeBytes">Of its batches, which is the whole file; 1 to 2^31-1.</param>
/// <param name="Checksum">CRC-32C of the file.</param>
public readonly record struct SealedSegment(Offset BaseOffset, Offset EndOffset, long SizeBytes, uint Checksum);
