using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace GoQueue.Core.Fields;

/// <summary>Writes the fields that <see cref="FieldReader"/> reads, big-endian.</summary>
public static class FieldWriter
{
    /// <summary>One byte.</summary>
    public static void WriteByte(this IBufferWriter<byte> to, byte value)
    {
        to.GetSpan(1)[0] = value;
        to.Advance(1);
    }

    /// <summary>A byte, 0 or 1.</summary>
    public static void WriteBoolean(this IBufferWriter<byte> to, bool value) => to.WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>Two bytes.</summary>
    public static void WriteInt16(this IBufferWriter<byte> to, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(to.GetSpan(sizeof(short)), value);
        to.Advance(sizeof(short));
    }

    /// <summary>Four bytes.</summary>
    public static void WriteInt32(this IBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to.GetSpan(sizeof(int)), value);
        to.Advance(sizeof(int));
    }

    /// <summary>Four bytes.</summary>
    public static void WriteUInt32(this IBufferWriter<byte> to, uint value) => to.WriteInt32(unchecked((int)value));

    /// <summary>Eight bytes.</summary>
    public static void WriteInt64(this IBufferWriter<byte> to, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(to.GetSpan(sizeof(long)), value);
        to.Advance(sizeof(long));
    }

    /// <summary>16 bytes in the order of the text form.</summary>
    public static void WriteGuid(this IBufferWriter<byte> to, Guid value)
    {
        bool fits = value.TryWriteBytes(to.GetSpan(16), bigEndian: true, out int written);
        Invariant.Check(fits && written == 16, "a guid has 16 bytes");
        to.Advance(16);
    }

    /// <summary>ASCII characters, at most 32767: their number in two bytes, then they.</summary>
    public static void WriteName(this IBufferWriter<byte> to, string name)
    {
        Invariant.Check(Ascii.IsValid(name) && name.Length <= short.MaxValue, "a name was validated before it is written");
        to.WriteInt16((short)name.Length);
        Encoding.ASCII.GetBytes(name, to.GetSpan(name.Length));
        to.Advance(name.Length);
    }

    /// <summary>The length in four bytes, then the bytes.</summary>
    public static void WriteBlob(this IBufferWriter<byte> to, ReadOnlySpan<byte> bytes)
    {
        to.WriteInt32(bytes.Length);
        to.Write(bytes);
    }
}
