using System.Buffers;

namespace GoQueue.Server.Rest.Json;

/// <summary>Room for text that had to be unescaped, decoded or compacted. Grows in pooled arrays; ranges stay right when it does.</summary>
internal sealed class ByteArena : IDisposable
{
    /// <summary>A larger array is not kept for the next request.</summary>
    private const int KeptBytes = 64 << 10;

    private byte[] bytes = ArrayPool<byte>.Shared.Rent(1024);
    private int used;

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, used);

    /// <summary>Room for up to <paramref name="most"/> bytes at the end; <see cref="Commit"/> takes what was used.</summary>
    public Span<byte> Reserve(int most)
    {
        if (bytes.Length - used < most)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(used + most, 2 * bytes.Length));
            Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = larger;
        }

        return bytes.AsSpan(used, most);
    }

    public JsonBytes Commit(int length)
    {
        JsonBytes range = new(InArena: true, used, length);
        used += length;
        return range;
    }

    public void Clear()
    {
        used = 0;
        if (bytes.Length > KeptBytes)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = ArrayPool<byte>.Shared.Rent(1024);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = [];
        used = 0;
    }
}

/// <summary>A run of bytes of a request: in its body as it came, or in the arena.</summary>
internal readonly record struct JsonBytes(bool InArena, int Start, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body, ByteArena arena) => (InArena ? arena.Span : body).Slice(Start, Length);
}
