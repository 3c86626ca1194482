using System.Buffers;
using GoQueue.Core;
using GoQueue.Server.Grpc.Protocol;

namespace GoQueue.Server.Grpc.Wire;

/// <summary>
/// A growing pooled run of bytes in which a message is put together whose length is known only at its end: five bytes are kept free in front for
/// the frame prefix. Not thread-safe; the owner disposes it and may use it again afterwards.
/// </summary>
internal sealed class FrameBuffer : IDisposable
{
    private const int InitialCapacity = 4096;
    private byte[] array = [];

    /// <summary>Bytes of the message so far.</summary>
    public int MessageLength { get; private set; }

    /// <summary>The whole frame; the prefix is right as of this moment.</summary>
    public ReadOnlySpan<byte> Frame
    {
        get
        {
            Reserve(0);
            GrpcFrame.WritePrefix(array, MessageLength);
            return array.AsSpan(0, GrpcFrame.PrefixSize + MessageLength);
        }
    }

    /// <summary>Makes room for <paramref name="count"/> more bytes of the message and returns them; they count at once.</summary>
    public Span<byte> Extend(int count)
    {
        int start = Reserve(count);
        MessageLength += count;
        return array.AsSpan(start, count);
    }

    public void Clear() => MessageLength = 0;

    public void Dispose()
    {
        byte[] returned = array;
        array = [];
        MessageLength = 0;
        if (returned.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(returned);
        }
    }

    private int Reserve(int count)
    {
        int start = GrpcFrame.PrefixSize + MessageLength;
        int needed = checked(start + count);
        if (needed > array.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, InitialCapacity), (int)Math.Min(2L * array.Length, Array.MaxLength)));
            array.AsSpan(0, Math.Min(array.Length, start)).CopyTo(larger);
            if (array.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(array);
            }

            array = larger;
        }

        Invariant.Check(array.Length >= needed, "a frame buffer holds what was asked for");
        return start;
    }
}
