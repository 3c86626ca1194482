using System.Buffers.Binary;
using System.Numerics;

namespace GoQueue.Core;

/// <summary>
/// MurmurHash3 x86 32-bit with seed 0: maps a message key into the hash space that partitions divide.
/// Part of the protocol: clients in any language must agree on it bit for bit.
/// </summary>
public static class Murmur3
{
    private const uint C1 = 0xcc9e2d51;
    private const uint C2 = 0x1b873593;

    public static uint Hash(ReadOnlySpan<byte> key)
    {
        uint hash = 0;
        int length = key.Length;
        while (key.Length >= 4)
        {
            hash ^= Mix(BinaryPrimitives.ReadUInt32LittleEndian(key));
            hash = (BitOperations.RotateLeft(hash, 13) * 5) + 0xe6546b64;
            key = key[4..];
        }

        uint tail = 0;
        for (int i = key.Length - 1; i >= 0; i--)
        {
            tail = (tail << 8) | key[i];
        }

        if (key.Length > 0)
        {
            hash ^= Mix(tail);
        }

        hash ^= (uint)length;
        hash ^= hash >> 16;
        hash *= 0x85ebca6b;
        hash ^= hash >> 13;
        hash *= 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }

    private static uint Mix(uint word) => BitOperations.RotateLeft(word * C1, 15) * C2;
}
