using System.Buffers;

namespace GoQueue.Core;

/// <summary>
/// A growing run of bytes in one pooled array, for an encoder that reuses it. Not thread-safe. The owner disposes it; it may be used
/// again afterwards and then rents anew.
/// </summary>
internal sealed class PooledBytes(int initialCapacity) : IDisposable
{
    private byte[] array = [];

    /// <summary>Bytes in use.</summary>
    public int Length { get; private set; }

    public Span<byte> Span => array.AsSpan(0, Length);

    /// <summary>Makes room for <paramref name="count"/> more bytes, counts them as used and returns them; their content is unspecified.</summary>
    public Span<byte> Extend(int count)
    {
        int start = Length;
        if (count > array.Length - start)
        {
            Grow(checked(start + count));
        }

        Length = start + count;
        return array.AsSpan(start, count);
    }

    /// <summary>Forgets all bytes after the first <paramref name="length"/>, and keeps the array.</summary>
    public void Truncate(int length)
    {
        Invariant.Check(length >= 0 && length <= Length, "a run of bytes only shrinks");
        Length = length;
    }

    public void Dispose()
    {
        byte[] returned = array;
        array = [];
        Length = 0;
        if (returned.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(returned);
        }
    }

    private void Grow(int needed)
    {
        int doubled = (int)Math.Min(2L * array.Length, Array.MaxLength);
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, doubled), initialCapacity));
        array.AsSpan(0, Length).CopyTo(larger);
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        array = larger;
    }
}
