using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Server.Peers.Protocol;

/// <summary>Why a connection is made.</summary>
internal enum HelloPurpose : byte
{
    /// <summary>To carry one channel of a link.</summary>
    Link = 0,

    /// <summary>To ask who is there; it is closed after the answer.</summary>
    Probe = 1,
}

/// <summary>Why a connection was not taken. Numbers are part of the protocol.</summary>
internal enum RefusalReason : ushort
{
    None = 0,
    Malformed = 1,
    VersionNotSupported = 2,
    WrongCluster = 3,
    WrongNode = 4,
    SameNodeTwice = 5,
    Self = 6,
    Overloaded = 7,
}

/// <summary>The first thing on a connection, said by the side that made it.</summary>
/// <param name="Link">Drawn for each link: its three connections belong together.</param>
/// <param name="Expected">Who should be there; null for a probe.</param>
internal sealed record Hello(
    ushort LowestVersion, ushort HighestVersion, HelloPurpose Purpose, PeerChannel Channel, ulong Link, PeerIdentity Sender, NodeId? Expected);

/// <summary>The answer: either welcome, with the version to speak, or a refusal with its reason in words.</summary>
internal sealed record Welcome(ushort Version, PeerIdentity? Sender, RefusalReason Reason, string Detail);

/// <summary>
/// Reads and writes hello and welcome. Their first 16 bytes keep their meaning in every version, and readers ignore what follows the fields
/// they know: so two versions can always tell each other that they do not fit (docs/internals/peer-protocol.md).
/// </summary>
internal static class Greeting
{
    /// <summary>
    /// The highest version of the protocol that this program speaks. It stands for every layout of every message between nodes, not only for the frames: whoever
    /// changes one in a way that an older node does not read raises it, once between two releases, and adds a line to the table in docs/internals/peer-protocol.md.
    /// </summary>
    public const ushort Version = 2;

    /// <summary>The lowest that it still speaks: its own, because nothing older was ever released.</summary>
    public const ushort LowestVersion = 2;

    public const int PrefixSize = 16;

    /// <summary>Bytes after the prefix.</summary>
    public const int MaxBody = 1024;

    private const uint Magic = 0x47515052; // "GQPR"
    private const int FirstVersionAt = 4;
    private const int SecondVersionAt = 6;
    private const int LengthAt = 8;
    private const int CrcAt = 12;

    /// <summary>The version that both sides speak, the highest of them; null when their ranges do not meet.</summary>
    public static ushort? Choose(ushort lowest, ushort highest)
    {
        ushort chosen = Math.Min(highest, Version);
        return chosen >= Math.Max(lowest, LowestVersion) ? chosen : null;
    }

    public static byte[] Write(Hello hello)
    {
        GreetingWriter body = new();
        body.Byte((byte)hello.Purpose);
        body.Byte((byte)hello.Channel);
        body.UInt64(hello.Link);
        WriteIdentity(body, hello.Sender);
        body.Text(hello.Expected?.Value ?? string.Empty);
        return Frame(hello.LowestVersion, hello.HighestVersion, body.Bytes);
    }

    public static byte[] Write(Welcome welcome)
    {
        GreetingWriter body = new();
        if (welcome.Sender is { } sender)
        {
            WriteIdentity(body, sender);
        }
        else
        {
            body.LongText(welcome.Detail);
        }

        return Frame(welcome.Version, (ushort)welcome.Reason, body.Bytes);
    }

    /// <summary>Whether the first bytes can be the beginning of a greeting. At least four are looked at.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes) == Magic;

    /// <summary>Bytes that follow the prefix; negative when that is not believable.</summary>
    public static int BodyLength(ReadOnlySpan<byte> prefix)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[LengthAt..]);
        return length <= MaxBody ? (int)length : -1;
    }

    public static bool TryReadHello(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Hello? hello, out ushort lowest, out ushort highest)
    {
        hello = null;
        lowest = 0;
        highest = 0;
        if (!IsIntact(bytes))
        {
            return false;
        }

        lowest = BinaryPrimitives.ReadUInt16BigEndian(bytes[FirstVersionAt..]);
        highest = BinaryPrimitives.ReadUInt16BigEndian(bytes[SecondVersionAt..]);
        GreetingReader body = new(bytes[PrefixSize..]);
        HelloPurpose purpose = (HelloPurpose)body.Byte();
        PeerChannel channel = (PeerChannel)body.Byte();
        ulong link = body.UInt64();
        PeerIdentity? sender = ReadIdentity(ref body);
        string expected = body.Text();
        if (body.IsBroken || sender is null || purpose > HelloPurpose.Probe || channel > PeerChannel.Bulk)
        {
            return false;
        }

        hello = new Hello(lowest, highest, purpose, channel, link, sender, expected.Length == 0 ? null : new NodeId(expected));
        return true;
    }

    public static bool TryReadWelcome(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Welcome? welcome)
    {
        welcome = null;
        if (!IsIntact(bytes))
        {
            return false;
        }

        ushort version = BinaryPrimitives.ReadUInt16BigEndian(bytes[FirstVersionAt..]);
        RefusalReason reason = (RefusalReason)BinaryPrimitives.ReadUInt16BigEndian(bytes[SecondVersionAt..]);
        GreetingReader body = new(bytes[PrefixSize..]);
        if (reason != RefusalReason.None)
        {
            welcome = new Welcome(0, null, reason, body.LongText());
            return !body.IsBroken;
        }

        PeerIdentity? sender = ReadIdentity(ref body);
        if (body.IsBroken || sender is null || version == 0)
        {
            return false;
        }

        welcome = new Welcome(version, sender, RefusalReason.None, string.Empty);
        return true;
    }

    private static bool IsIntact(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= PrefixSize && HasMagic(bytes) && BodyLength(bytes) == bytes.Length - PrefixSize &&
        BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcAt..]) == Checksum(bytes);

    private static byte[] Frame(ushort first, ushort second, ReadOnlySpan<byte> body)
    {
        Invariant.Check(body.Length <= MaxBody, "a greeting is short");
        byte[] bytes = new byte[PrefixSize + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(FirstVersionAt), first);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(SecondVersionAt), second);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(LengthAt), body.Length);
        body.CopyTo(bytes.AsSpan(PrefixSize));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(CrcAt), Checksum(bytes));
        return bytes;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) => Crc32C.Append(Crc32C.Compute(bytes[..CrcAt]), bytes[PrefixSize..]);

    private static void WriteIdentity(GreetingWriter body, PeerIdentity identity)
    {
        body.UInt64(identity.Features);
        body.Guid(identity.Incarnation);
        body.UInt16((ushort)identity.Port);
        body.Text(identity.Node.Value);
        body.Text(identity.ClusterId ?? string.Empty);
        body.Text(identity.Host);
    }

    private static PeerIdentity? ReadIdentity(ref GreetingReader body)
    {
        ulong features = body.UInt64();
        Guid incarnation = body.Guid();
        ushort port = body.UInt16();
        string node = body.Text();
        string cluster = body.Text();
        string host = body.Text();
        return body.IsBroken || node.Length is 0 or > 64 || incarnation == System.Guid.Empty
            ? null
            : new PeerIdentity(new NodeId(node), incarnation, cluster.Length == 0 ? null : cluster, features, host, port);
    }
}
