using System.Numerics;
using System.Runtime.InteropServices;

namespace GoQueue.Core;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches and of every file of ours. Uses the processor's instruction where there is one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>Continues a checksum: <c>Append(Compute(a), b) == Compute(a + b)</c>.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> data)
    {
        uint crc = ~checksum;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (byte tail in data[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, tail);
        }

        return ~crc;
    }
}
