using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>
/// Looks into compressed batches before the log takes them: one that inflates beyond the bound, or not at all, would stop every later reader at its
/// offset. Plain batches are bounded by their size and are the broker's to check.
/// </summary>
internal static class PackedBatch
{
    /// <summary>Null when the batch is plain or sound. Codes: DecompressionTooLarge, UnsupportedCompression, CorruptBatch.</summary>
    public static Error? Check(ReadOnlySpan<byte> batch)
    {
        if (batch.Length < RecordBatchLayout.HeaderSize)
        {
            return null; // the broker says what is wrong with it
        }

        RecordBatchHeader header = new(batch);
        return header.Magic == RecordBatchLayout.CurrentMagic && header.Compression != CompressionCodec.None
            ? RecordBatchValidator.ValidateRecords(batch, RecordReadLimits.Default)
            : null;
    }
}
