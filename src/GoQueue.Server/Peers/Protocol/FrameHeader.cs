using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Server.Peers.Protocol;

/// <summary>The 24 bytes before every payload (docs/internals/peer-protocol.md). Integers are big-endian.</summary>
/// <param name="Length">Bytes of the payload.</param>
/// <param name="Correlation">Joins a reply to its request; zero for the rest.</param>
/// <param name="PayloadCrc">CRC-32C of the payload.</param>
internal readonly record struct FrameHeader(FrameType Type, PeerChannel Channel, PeerMessageKind Kind, ulong Correlation, int Length, uint PayloadCrc)
{
    public const int Size = 24;

    private const int LengthAt = 0;
    private const int TypeAt = 4;
    private const int ChannelAt = 5;
    private const int KindAt = 6;
    private const int CorrelationAt = 8;
    private const int PayloadCrcAt = 16;
    private const int HeaderCrcAt = 20;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination[LengthAt..], Length);
        destination[TypeAt] = (byte)Type;
        destination[ChannelAt] = (byte)Channel;
        BinaryPrimitives.WriteUInt16BigEndian(destination[KindAt..], (ushort)Kind);
        BinaryPrimitives.WriteUInt64BigEndian(destination[CorrelationAt..], Correlation);
        BinaryPrimitives.WriteUInt32BigEndian(destination[PayloadCrcAt..], PayloadCrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[HeaderCrcAt..], Crc32C.Compute(destination[..HeaderCrcAt]));
    }

    /// <summary>
    /// Reads a header that came by <paramref name="channel"/>. Nothing in it is believed before its checksum, and no length beyond the channel's
    /// bound ever. A stream with one bad header has lost its place: the connection ends.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, PeerChannel channel, out FrameHeader header, [NotNullWhen(false)] out string? problem)
    {
        header = default;
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[HeaderCrcAt..]) != Crc32C.Compute(bytes[..HeaderCrcAt]))
        {
            problem = "a frame header fails its checksum";
            return false;
        }

        header = new FrameHeader(
            (FrameType)bytes[TypeAt],
            (PeerChannel)bytes[ChannelAt],
            (PeerMessageKind)BinaryPrimitives.ReadUInt16BigEndian(bytes[KindAt..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[CorrelationAt..]),
            BinaryPrimitives.ReadInt32BigEndian(bytes[LengthAt..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[PayloadCrcAt..]));
        problem = header switch
        {
            { Type: FrameType.None or > FrameType.Refusal } => $"frame type {(byte)header.Type} is not known",
            { Channel: var named } when named != channel => $"a frame of channel {(byte)named} came by channel {channel}",
            { Length: var length } when length < 0 || length > PeerLimits.MaxPayload(channel) =>
                $"a frame of {(uint)length} bytes is announced; channel {channel} allows {PeerLimits.MaxPayload(channel)}",
            _ => null,
        };
        return problem is null;
    }
}
