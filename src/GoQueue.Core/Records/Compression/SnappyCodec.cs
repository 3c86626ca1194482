using System.Buffers;
using System.Buffers.Binary;

namespace GoQueue.Core.Records.Compression;

/// <summary>
/// Snappy as Kafka clients use it. Written in the framing of snappy-java ("xerial"): an 16-byte header, then blocks of a 4-byte length and
/// a raw snappy block of up to 32 KiB of input. Read in that framing or as one raw block, which some clients send.
/// </summary>
internal static class SnappyCodec
{
    private const int BlockInputBytes = 32 * 1024;

    /// <summary>Magic, version 1, lowest compatible version 1.</summary>
    private static ReadOnlySpan<byte> FramingHeader => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];

    private static ReadOnlySpan<byte> FramingMagic => FramingHeader[..8];

    public static void Compress(ReadOnlySpan<byte> source, PooledBytes output)
    {
        FramingHeader.CopyTo(output.Extend(FramingHeader.Length));
        while (!source.IsEmpty)
        {
            ReadOnlySpan<byte> block = source[..Math.Min(BlockInputBytes, source.Length)];
            byte[] encoded = IronSnappy.Snappy.Encode(block);
            BinaryPrimitives.WriteInt32BigEndian(output.Extend(sizeof(int)), encoded.Length);
            encoded.CopyTo(output.Extend(encoded.Length));
            source = source[block.Length..];
        }
    }

    public static Error? Inflate(ReadOnlySpan<byte> compressed, int maxBytes, out InflatedRecords? inflated)
    {
        inflated = null;
        bool isFramed = compressed.StartsWith(FramingMagic);
        if (isFramed && compressed.Length < FramingHeader.Length)
        {
            return Corrupt("the framing header is cut off");
        }

        // First pass: add up the announced sizes, which allocates nothing and refuses what is too large. Second pass: inflate.
        ReadOnlySpan<byte> blocks = isFramed ? compressed[FramingHeader.Length..] : compressed;
        long total = 0;
        for (ReadOnlySpan<byte> rest = blocks; !rest.IsEmpty;)
        {
            if (!TryCutBlock(ref rest, isFramed, out ReadOnlySpan<byte> block) || !SnappyBlock.TryReadLength(block, out int length, out _))
            {
                return Corrupt("a block has a bad length");
            }

            total += length;
            if (total > maxBytes)
            {
                return BatchCompression.TooLarge(CompressionCodec.Snappy, compressed.Length, maxBytes);
            }
        }

        byte[] output = ArrayPool<byte>.Shared.Rent(Math.Max((int)total, 1));
        int written = 0;
        for (ReadOnlySpan<byte> rest = blocks; !rest.IsEmpty;)
        {
            TryCutBlock(ref rest, isFramed, out ReadOnlySpan<byte> block);
            SnappyBlock.TryReadLength(block, out int length, out int consumed);
            if (!SnappyBlock.TryDecode(block[consumed..], output.AsSpan(written, length)))
            {
                ArrayPool<byte>.Shared.Return(output);
                return Corrupt("a block is damaged");
            }

            written += length;
        }

        inflated = new InflatedRecords(output, written);
        return null;
    }

    private static bool TryCutBlock(ref ReadOnlySpan<byte> rest, bool isFramed, out ReadOnlySpan<byte> block)
    {
        block = rest;
        if (!isFramed)
        {
            rest = default;
            return true;
        }

        if (rest.Length < sizeof(int))
        {
            return false;
        }

        int size = BinaryPrimitives.ReadInt32BigEndian(rest);
        if (size < 1 || size > rest.Length - sizeof(int))
        {
            return false;
        }

        block = rest.Slice(sizeof(int), size);
        rest = rest[(sizeof(int) + size)..];
        return true;
    }

    private static Error Corrupt(string problem) => RecordBatchValidator.Corrupt($"the records are not sound snappy data: {problem}");
}
