namespace GoQueue.Core.Records;

/// <summary>Compression of the records of a batch, attributes bits 0-2. Values 3 (lz4) and 4 (zstd) exist in the format but are refused.</summary>
public enum CompressionCodec : byte
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
}
