namespace GoQueue.Core.Records.Compression;

/// <summary>The codecs of a batch's records behind one pair of calls. Output is pooled and, when inflating, capped while it is produced.</summary>
internal static class BatchCompression
{
    /// <summary>
    /// Compresses <paramref name="records"/> into a buffer that begins with <paramref name="headerSize"/> free bytes. Null when that would not make
    /// them smaller.
    /// </summary>
    public static SharedBuffer? CompressAfter(int headerSize, CompressionCodec codec, ReadOnlySpan<byte> records)
    {
        using PooledBytes output = new(headerSize + (records.Length / 2) + 64);
        output.Extend(headerSize).Clear();
        if (codec == CompressionCodec.Gzip)
        {
            GzipCodec.Compress(records, output);
        }
        else
        {
            SnappyCodec.Compress(records, output);
        }

        return output.Length < headerSize + records.Length ? SharedBuffer.CopyOf(output.Span) : null;
    }

    /// <summary>Inflates records. Never holds more than <paramref name="maxBytes"/> of output (rounded up by the pool).</summary>
    public static Error? Inflate(CompressionCodec codec, ReadOnlySpan<byte> compressed, int maxBytes, out InflatedRecords? inflated)
    {
        // One byte beyond the cap must still fit into an array: that is how a codec notices that there is too much.
        int cap = Math.Clamp(maxBytes, 0, Array.MaxLength - 1);
        return codec switch
        {
            CompressionCodec.Gzip => GzipCodec.Inflate(compressed, cap, out inflated),
            CompressionCodec.Snappy => SnappyCodec.Inflate(compressed, cap, out inflated),
            _ => throw new InvariantViolationException($"codec {(int)codec} was refused before inflating"),
        };
    }

    public static Error TooLarge(CompressionCodec codec, int compressedBytes, int maxBytes) => new(
        ErrorCode.DecompressionTooLarge,
        $"{compressedBytes} bytes of {codec} records inflate to more than the {maxBytes} bytes allowed");
}
