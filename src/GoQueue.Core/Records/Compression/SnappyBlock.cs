using System.Buffers.Binary;

namespace GoQueue.Core.Records.Compression;

/// <summary>
/// Decoder of one raw snappy block (google/snappy format description, 2011) into memory of the announced size. Our own because the output
/// must be pooled and every index checked against hostile input; encoding is left to the library.
/// </summary>
internal static class SnappyBlock
{
    /// <summary>No element makes more than 64 bytes out of 3, so a block that announces more than this many times its size is a lie.</summary>
    private const int MaxExpansion = 22;

    /// <summary>Reads the announced output size. False when it is malformed or cannot come out of this block.</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> block, out int length, out int consumed)
    {
        uint bits = 0;
        length = 0;
        consumed = 0;
        for (int i = 0; i < block.Length && i < 5; i++)
        {
            bits |= (block[i] & 0x7Fu) << (7 * i);
            if (block[i] < 0x80)
            {
                consumed = i + 1;
                length = (int)Math.Min(bits, int.MaxValue);
                return length <= (long)(block.Length - consumed) * MaxExpansion;
            }
        }

        return false;
    }

    /// <summary>Decodes the elements after the size. True when they fill <paramref name="output"/> exactly.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> elements, Span<byte> output)
    {
        int produced = 0;
        while (!elements.IsEmpty)
        {
            int tag = elements[0];
            elements = elements[1..];
            bool isSound = (tag & 3) == 0
                ? TryLiteral(tag, ref elements, output, ref produced)
                : TryCopy(tag, ref elements, output, ref produced);
            if (!isSound)
            {
                return false;
            }
        }

        return produced == output.Length;
    }

    private static bool TryLiteral(int tag, ref ReadOnlySpan<byte> elements, Span<byte> output, ref int produced)
    {
        long length = (tag >> 2) + 1;
        if (length > 60)
        {
            // 61 to 64 stand for a length of 1 to 4 bytes, little-endian, minus one.
            int lengthBytes = (int)length - 60;
            if (elements.Length < lengthBytes)
            {
                return false;
            }

            length = 1;
            for (int i = 0; i < lengthBytes; i++)
            {
                length += (long)elements[i] << (8 * i);
            }

            elements = elements[lengthBytes..];
        }

        if (length > elements.Length || length > output.Length - produced)
        {
            return false;
        }

        elements[..(int)length].CopyTo(output[produced..]);
        elements = elements[(int)length..];
        produced += (int)length;
        return true;
    }

    private static bool TryCopy(int tag, ref ReadOnlySpan<byte> elements, Span<byte> output, ref int produced)
    {
        int offsetBytes = (tag & 3) == 3 ? 4 : tag & 3;
        if (elements.Length < offsetBytes)
        {
            return false;
        }

        int length = (tag & 3) == 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
        uint offset = offsetBytes switch
        {
            1 => (((uint)tag >> 5) << 8) | elements[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(elements),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(elements),
        };
        elements = elements[offsetBytes..];
        if (offset == 0 || offset > (uint)produced || length > output.Length - produced)
        {
            return false;
        }

        int from = produced - (int)offset;
        if (length <= offset)
        {
            output.Slice(from, length).CopyTo(output[produced..]);
        }
        else
        {
            for (int i = 0; i < length; i++)
            {
                output[produced + i] = output[from + i]; // overlapping: bytes just written are read again
            }
        }

        produced += length;
        return true;
    }
}
