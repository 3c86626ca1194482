using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Encoding;

/// <summary>Writes the field kinds of the Raft formats, big-endian.</summary>
internal static class WireWriter
{
    public static void WriteByte(this IBufferWriter<byte> to, byte value)
    {
        to.GetSpan(1)[0] = value;
        to.Advance(1);
    }

    public static void WriteBool(this IBufferWriter<byte> to, bool value) => to.WriteByte(value ? (byte)1 : (byte)0);

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

    /// <summary>ASCII: length int16, then the bytes.</summary>
    public static void WriteName(this IBufferWriter<byte> to, string name)
    {
        Invariant.Check(Ascii.IsValid(name) && name.Length <= short.MaxValue, "a name was validated before it is written");
        to.WriteInt16((short)name.Length);
        System.Text.Encoding.ASCII.GetBytes(name, to.GetSpan(name.Length));
        to.Advance(name.Length);
    }

    /// <summary>Length int32, then the bytes.</summary>
    public static void WriteBlob(this IBufferWriter<byte> to, ReadOnlySpan<byte> bytes)
    {
        to.WriteInt32(bytes.Length);
        to.Write(bytes);
    }

    public static void WriteMember(this IBufferWriter<byte> to, QuorumMember member)
    {
        to.WriteName(member.Node.Value);
        to.WriteGuid(member.Incarnation);
        to.WriteName(member.Host);
        to.WriteInt32(member.Port);
    }

    public static void WriteMembers(this IBufferWriter<byte> to, IReadOnlyList<QuorumMember> members)
    {
        to.WriteInt32(members.Count);
        foreach (QuorumMember member in members)
        {
            to.WriteMember(member);
        }
    }
}
