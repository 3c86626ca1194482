using System.Buffers.Binary;
using System.Security.Cryptography;
using GoQueue.Core;

namespace GoQueue.Storage.Cleaning;

/// <summary>
/// The last offset of each key, by 16 bytes of the key's SHA-256: no client can make two keys meet, and memory does not depend on key length.
/// Open addressing, 24 bytes a slot, at most three quarters full; grows up to the bound.
/// </summary>
internal sealed class KeyMap(int maxKeys)
{
    private const int InitialSlots = 1024;

    private Slot[] slots = new Slot[InitialSlots];

    public int Count { get; private set; }

    public bool IsFull => Count >= maxKeys;

    /// <summary>Notes a later offset of a key.</summary>
    public void Put(ReadOnlySpan<byte> key, Offset offset)
    {
        if ((Count + 1) * 4L > slots.Length * 3L)
        {
            Grow();
        }

        (ulong high, ulong low) = Hash(key);
        ref Slot slot = ref Find(slots, high, low);
        if (slot.OffsetPlusOne == 0)
        {
            Count++;
            slot.High = high;
            slot.Low = low;
        }

        slot.OffsetPlusOne = offset.Value + 1;
    }

    /// <summary>The last offset noted; none for an unknown key.</summary>
    public Offset Get(ReadOnlySpan<byte> key)
    {
        (ulong high, ulong low) = Hash(key);
        return new Offset(Find(slots, high, low).OffsetPlusOne - 1);
    }

    private static (ulong High, ulong Low) Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }

    /// <summary>The slot of the hash, or the free one where it belongs.</summary>
    private static ref Slot Find(Slot[] table, ulong high, ulong low)
    {
        int mask = table.Length - 1;
        int index = (int)high & mask;
        while (table[index].OffsetPlusOne != 0 && (table[index].High != high || table[index].Low != low))
        {
            index = (index + 1) & mask;
        }

        return ref table[index];
    }

    private void Grow()
    {
        Slot[] larger = new Slot[slots.Length * 2];
        foreach (Slot slot in slots)
        {
            if (slot.OffsetPlusOne != 0)
            {
                Find(larger, slot.High, slot.Low) = slot;
            }
        }

        slots = larger;
    }

    private struct Slot
    {
        public ulong High;
        public ulong Low;
        public long OffsetPlusOne;
    }
}
