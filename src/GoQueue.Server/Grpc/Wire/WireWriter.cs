using System.Text;
using GoQueue.Core;

namespace GoQueue.Server.Grpc.Wire;

/// <summary>Writes protobuf fields with numbers below 16 into a span whose size was computed with <see cref="WireSize"/>.</summary>
internal ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> destination = destination;

    public int Written { get; private set; }

    /// <summary>Writes nothing for 0, as proto3 does; negative values take ten bytes.</summary>
    public void Int64(int field, long value) => UInt64(field, (ulong)value);

    public void UInt64(int field, ulong value)
    {
        if (value != 0)
        {
            Tag(field, WireType.Varint);
            Varint(value);
        }
    }

    /// <summary>An optional field: 0 is written too, a negative value stands for an absent one.</summary>
    public void OptionalInt32(int field, int value)
    {
        if (value >= 0)
        {
            Tag(field, WireType.Varint);
            Varint((uint)value);
        }
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        BytesPrefix(field, value.Length);
        Raw(value);
    }

    /// <summary>Tag and length of a field whose content follows.</summary>
    public void BytesPrefix(int field, int length)
    {
        Tag(field, WireType.Bytes);
        Varint((uint)length);
    }

    public void Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(destination[Written..]);
        Written += value.Length;
    }

    /// <param name="size">UTF-8 bytes of the text, as the caller computed them for the size.</param>
    public void Text(int field, string value, int size)
    {
        if (size > 0)
        {
            BytesPrefix(field, size);
            int written = Encoding.UTF8.GetBytes(value, destination[Written..]);
            Invariant.Check(written == size, "a text has the size computed for it", size, written);
            Written += written;
        }
    }

    private void Tag(int field, WireType type) => destination[Written++] = (byte)((field << 3) | (int)type);

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            destination[Written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[Written++] = (byte)value;
    }
}
