namespace GoQueue.Core;

/// <summary>
/// A closed range of 32-bit key hashes, <c>[First, Last]</c>. The ranges of a topic's partitions cover the whole space without overlap,
/// so a key belongs to exactly one partition, and a split can divide a range without moving any other key (semantics Z1, Z2).
/// </summary>
public readonly record struct HashRange(uint First, uint Last)
{
    public static readonly HashRange All = new(0, uint.MaxValue);

    public bool Contains(uint hash) => hash >= First && hash <= Last;

    /// <summary>Number <paramref name="index"/> of <paramref name="count"/> equal ranges (sizes differ by one at most).</summary>
    public static HashRange Equal(int index, int count)
    {
        Invariant.Check(count > 0 && index >= 0 && index < count, "a range index lies inside its count");
        ulong space = 1UL << 32;
        ulong first = space * (ulong)index / (ulong)count;
        ulong end = space * ((ulong)index + 1) / (ulong)count;
        return new HashRange((uint)first, (uint)(end - 1));
    }
}
