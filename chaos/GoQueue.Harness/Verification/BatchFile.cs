using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace GoQueue.Harness.Verification;

/// <summary>One record batch as it stands in a segment.</summary>
/// <param name="Next">The offset after its last record.</param>
/// <param name="Hash">Of all its bytes.</param>
/// <param name="Checksum">As it stands in the batch, and as it is: CRC-32C of everything behind it.</param>
internal readonly record struct StoredBatch(long Base, long Next, UInt128 Hash, uint Checksum);

/// <summary>Reads the segments of a partition folder, by the byte table of docs/internals and nothing of the product.</summary>
internal static class BatchFile
{
    private const int HeaderBytes = 61;
    private const int SegmentHeaderBytes = 4096;

    /// <summary>All batches of a partition in order, up to the end of what was written.</summary>
    /// <exception cref="HarnessException">A batch in the middle is damaged, or a file is another partition's.</exception>
    public static IEnumerable<StoredBatch> Read(string folder)
    {
        long expected = -1;
        foreach (string file in Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(file);
            CheckOwner(bytes, file);
            int at = SegmentHeaderBytes;
            while (at + HeaderBytes <= bytes.Length)
            {
                ReadOnlySpan<byte> header = bytes.AsSpan(at, HeaderBytes);
                int size = BinaryPrimitives.ReadInt32BigEndian(header[8..]) + 12;
                long first = BinaryPrimitives.ReadInt64BigEndian(header);
                if (size < HeaderBytes || header[16] != 2)
                {
                    break; // zeros: the end
                }

                if (size > bytes.Length - at || BinaryPrimitives.ReadUInt32BigEndian(header[17..]) != Checksum(bytes.AsSpan(at + 21, size - 21)))
                {
                    throw new HarnessException($"{file} has a damaged batch at byte {at}");
                }

                if (first < expected)
                {
                    throw new HarnessException($"{file} has offset {first} at byte {at}, behind {expected - 1}");
                }

                expected = first + BinaryPrimitives.ReadInt32BigEndian(header[23..]) + 1;
                yield return new StoredBatch(first, expected, Hash(bytes.AsSpan(at, size)), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 17)));
                at += size;
            }
        }
    }

    /// <summary>The header names the topic and the partition, as the folder does, and the base offset, as the file does.</summary>
    private static void CheckOwner(ReadOnlySpan<byte> bytes, string file)
    {
        bool isHeader = bytes.Length >= SegmentHeaderBytes && bytes[..4].SequenceEqual("GQ\u0002\u000c"u8);
        string owner = isHeader ? $"{new Guid(bytes[16..32], bigEndian: true):n}-{BinaryPrimitives.ReadInt32BigEndian(bytes[32..])}" : "no segment";
        string first = isHeader ? $"{BinaryPrimitives.ReadInt64BigEndian(bytes[8..]):D20}" : string.Empty;
        if (owner != Path.GetFileName(Path.GetDirectoryName(file)) || first != Path.GetFileNameWithoutExtension(file))
        {
            throw new HarnessException($"{file} is {owner} {first}");
        }
    }

    private static UInt128 Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte one in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return ~crc;
    }
}
