using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using GoQueue.Core;

namespace GoQueue.Metadata.Encoding;

/// <summary>Writes the field kinds of the metadata formats, big-endian.</summary>
internal static class FieldWriter
{
    public static void WriteByte(this IBufferWriter<byte> to, byte value)
    {
        to.GetSpan(1)[0] = value;
        to.Advance(1);
    }

    public static void WriteInt16(this IBufferWriter<byte> to, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(to.GetSpan(sizeof(short)), value);
        to.Advance(sizeof(short));
    }

    public static void WriteInt32(this IBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to.GetSpan(sizeof(int)), value);
        to.Advance(sizeof(int));
    }

    public static void WriteUInt32(this IBufferWriter<byte> to, uint value) => WriteInt32(to, unchecked((int)value));

    public static void WriteInt64(this IBufferWriter<byte> to, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(to.GetSpan(sizeof(long)), value);
        to.Advance(sizeof(long));
    }

    public static void WriteBoolean(this IBufferWriter<byte> to, bool value) => to.WriteByte(value ? (byte)1 : (byte)0);

    public static void WriteTopicId(this IBufferWriter<byte> to, TopicId id) => to.WriteGuid(id.Value);

    /// <summary>The 16 bytes in the order of the id's text form.</summary>
    public static void WriteGuid(this IBufferWriter<byte> to, Guid id)
    {
        bool fits = id.TryWriteBytes(to.GetSpan(16), bigEndian: true, out int written);
        Invariant.Check(fits && written == 16, "an id has 16 bytes");
        to.Advance(16);
    }

    /// <summary>A name of ASCII characters, at most 32767: length int16, then the bytes.</summary>
    public static void WriteName(this IBufferWriter<byte> to, string name)
    {
        Invariant.Check(Ascii.IsValid(name) && name.Length <= short.MaxValue, "a name was validated before it is written");
        to.WriteInt16((short)name.Length);
        System.Text.Encoding.ASCII.GetBytes(name, to.GetSpan(name.Length));
        to.Advance(name.Length);
    }
}
