using System.Buffers;

namespace GoQueue.Client.Producing;

/// <summary>
/// The frames of the next write, in one piece. What was taken stays untouched until the next <see cref="GetSpan"/>, which the loop calls only
/// after that write is over.
/// </summary>
internal sealed class FrameBuffer : IDisposable
{
    /// <summary>First size; larger batches make it grow, and it stays as large as the largest write.</summary>
    private const int UsualBytes = 512 << 10;

    private byte[] array = [];

    public int Length { get; private set; }

    public Span<byte> GetSpan(int size)
    {
        if (array.Length - Length < size)
        {
            Grow(checked(Length + size));
        }

        return array.AsSpan(Length, size);
    }

    public void Advance(int count) => Length += count;

    public ReadOnlyMemory<byte> TakeWritten()
    {
        ReadOnlyMemory<byte> written = array.AsMemory(0, Length);
        Length = 0;
        return written;
    }

    public void Clear() => Length = 0;

    public void Dispose()
    {
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        array = [];
        Length = 0;
    }

    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, UsualBytes));
        array.AsSpan(0, Length).CopyTo(larger);
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        array = larger;
    }
}
