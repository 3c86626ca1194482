using System.Buffers;

namespace GoQueue.Core;

/// <summary>
/// A pooled, reference-counted run of bytes: what the network read, the log wrote, the tail cache keeps and the fetch responses send is one
/// such buffer. Born with one reference, which belongs to whoever rented it. Every holder takes a reference with <see cref="TryRetain"/>
/// (or receives one) and gives it up once with <see cref="Release"/>; the last release returns the bytes to the pool.
/// </summary>
/// <remarks>Retain and release are safe from any thread. The bytes themselves are written only before the buffer is shared.</remarks>
public sealed class SharedBuffer : IDisposable
{
    private byte[]? array;
    private int references = 1;

    private SharedBuffer(byte[] array, int length)
    {
        this.array = array;
        Length = length;
    }

    /// <summary>Bytes in use.</summary>
    public int Length { get; private set; }

    public Span<byte> Span => Bytes.AsSpan(0, Length);

    public Memory<byte> Memory => Bytes.AsMemory(0, Length);

    private byte[] Bytes
    {
        get
        {
            byte[]? bytes = array;
            Invariant.Check(bytes is not null, "a released buffer is not read");
            return bytes;
        }
    }

    /// <summary>A buffer of exactly <paramref name="length"/> bytes with unspecified content.</summary>
    public static SharedBuffer Rent(int length)
    {
        Invariant.Check(length >= 0, "a buffer has no negative length");
        return new SharedBuffer(ArrayPool<byte>.Shared.Rent(Math.Max(length, 1)), length);
    }

    public static SharedBuffer CopyOf(ReadOnlySpan<byte> bytes)
    {
        SharedBuffer buffer = Rent(bytes.Length);
        bytes.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Shortens the buffer, for a reader that got less than it asked for. Only before it is shared.</summary>
    public void Truncate(int length)
    {
        Invariant.Check(length >= 0 && length <= Length, "a buffer only shrinks");
        Length = length;
    }

    /// <summary>Takes another reference. False when the buffer was released already, which a racing reader must expect.</summary>
    public bool TryRetain()
    {
        int seen = Volatile.Read(ref references);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Takes another reference on a buffer that the caller already holds.</summary>
    public SharedBuffer Retain()
    {
        Invariant.Check(TryRetain(), "a released buffer is not retained");
        return this;
    }

    /// <summary>Gives up one reference.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref references);
        Invariant.Check(left >= 0, "a buffer is released once per reference");
        if (left > 0)
        {
            return;
        }

        byte[] bytes = Bytes;
        array = null;
#if DEBUG
        bytes.AsSpan().Fill(0xDB); // a use after return shows at once as a bad CRC
#endif
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>The same as <see cref="Release"/>, so that <c>using</c> gives up the holder's reference.</summary>
    public void Dispose() => Release();
}
