using System.Numerics;

namespace GoQueue.Client.Wire;

/// <summary>Writes protobuf fields into a span that is known to be large enough.</summary>
internal ref struct ProtoWriter(Span<byte> destination)
{
    private readonly Span<byte> destination = destination;

    /// <summary>Bytes written.</summary>
    public int Position { get; private set; }

    public static int SizeOf(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>A field of type uint64, int64 (not negative), int32 (not negative) or enum. Zero is left out, as proto3 does.</summary>
    public void Number(int field, ulong value)
    {
        if (value != 0)
        {
            Varint((ulong)field << 3);
            Varint(value);
        }
    }

    /// <summary>Tag and length of a field of bytes or text; the content follows.</summary>
    public void Prefix(int field, int length)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)length);
    }

    public void Bytes(ReadOnlySpan<byte> content)
    {
        content.CopyTo(destination[Position..]);
        Position += content.Length;
    }

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            destination[Position++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[Position++] = (byte)value;
    }
}
