namespace GoQueue.Core;

/// <summary>Part of a <see cref="SharedBuffer"/>. Whoever hands a slice over says who owns its reference.</summary>
public readonly record struct BufferSlice(SharedBuffer Buffer, int Start, int Length)
{
    public ReadOnlySpan<byte> Span => Buffer.Span.Slice(Start, Length);

    public ReadOnlyMemory<byte> Memory => Buffer.Memory.Slice(Start, Length);
}
