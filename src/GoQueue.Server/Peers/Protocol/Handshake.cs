using System.Buffers.Binary;
using GoQueue.Server.Peers.Connections;

namespace GoQueue.Server.Peers.Protocol;

/// <summary>What a side heard in a handshake: a greeting, or why there is none.</summary>
internal readonly record struct Heard<T>(T? Greeting, RefusalReason Reason, string Problem)
    where T : class
{
    public static Heard<T> Not(RefusalReason reason, string problem) => new(null, reason, problem);
}

/// <summary>The first exchange on a connection, from both sides. Bounded in bytes here and in time by the caller's token.</summary>
internal static class Handshake
{
    private const ushort HandshakeRecord = 0x1603; // how TLS begins

    public static ValueTask SendAsync(PeerWire wire, byte[] greeting) => wire.SendAsync([new ArraySegment<byte>(greeting)]);

    /// <summary>For the accepting side. Callers that speak something else are told apart, because people must find out whom they called.</summary>
    public static async Task<Heard<Hello>> ReadHelloAsync(PeerWire wire, CancellationToken cancellationToken)
    {
        (byte[]? bytes, string problem) = await ReadAsync(wire, cancellationToken);
        if (bytes is null)
        {
            return Heard<Hello>.Not(RefusalReason.None, problem);
        }

        bool isRead = Greeting.TryReadHello(bytes, out Hello? hello, out ushort lowest, out ushort highest);
        bool isIntact = lowest != 0 || highest != 0;
        if (isIntact && Greeting.Choose(lowest, highest) is null)
        {
            return Heard<Hello>.Not(RefusalReason.VersionNotSupported,
                $"it speaks {Versions(lowest, highest)} of the peer protocol, this node {Versions(Greeting.LowestVersion, Greeting.Version)}; upgrade the older of the two");
        }

        return isRead ? new Heard<Hello>(hello, RefusalReason.None, string.Empty) : Heard<Hello>.Not(RefusalReason.Malformed, "its greeting is damaged");
    }

    /// <summary>For the side that connected.</summary>
    public static async Task<Heard<Welcome>> ReadWelcomeAsync(PeerWire wire, CancellationToken cancellationToken)
    {
        (byte[]? bytes, string problem) = await ReadAsync(wire, cancellationToken);
        if (bytes is null)
        {
            return Heard<Welcome>.Not(problem.Length == 0 ? RefusalReason.None : RefusalReason.Malformed, problem);
        }

        if (!Greeting.TryReadWelcome(bytes, out Welcome? welcome))
        {
            return Heard<Welcome>.Not(RefusalReason.Malformed, "its answer is damaged");
        }

        bool isSpoken = welcome.Reason != RefusalReason.None || Greeting.Choose(welcome.Version, welcome.Version) is not null;
        return isSpoken
            ? new Heard<Welcome>(welcome, RefusalReason.None, string.Empty)
            : Heard<Welcome>.Not(RefusalReason.VersionNotSupported,
                $"it chose version {welcome.Version} of the peer protocol, this node offered {Versions(Greeting.LowestVersion, Greeting.Version)}");
    }

    /// <summary>A whole greeting; or null with what came instead, in words, which are empty when nothing came.</summary>
    private static async Task<(byte[]? Bytes, string Problem)> ReadAsync(PeerWire wire, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[Greeting.PrefixSize];
        int have = 0;
        while (have < bytes.Length)
        {
            int count = await wire.ReceiveAsync(bytes.AsMemory(have), cancellationToken);
            if (count == 0)
            {
                return (null, have == 0 ? string.Empty : "it hung up in the middle of its greeting");
            }

            have += count;
            if (have >= 4 && !Greeting.HasMagic(bytes))
            {
                return (null, Stranger(bytes));
            }

            if (have == Greeting.PrefixSize && bytes.Length == Greeting.PrefixSize)
            {
                int body = Greeting.BodyLength(bytes);
                if (body < 0)
                {
                    return (null, $"it announces a greeting of more than {Greeting.MaxBody} bytes");
                }

                Array.Resize(ref bytes, Greeting.PrefixSize + body);
            }
        }

        return (bytes, string.Empty);
    }

    private static string Versions(ushort lowest, ushort highest) => lowest == highest ? $"version {lowest}" : $"versions {lowest} to {highest}";

    private static string Stranger(ReadOnlySpan<byte> first)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(first) == HandshakeRecord)
        {
            return "it speaks TLS, and this node expects peers without (peer-tls.*)";
        }

        ReadOnlySpan<byte> verb = first[..4];
        if (verb.SequenceEqual("PRI "u8))
        {
            return "it speaks HTTP/2 (gRPC); this is the port for other nodes, clients use the HTTP or gRPC port";
        }

        bool isHttp = verb.SequenceEqual("GET "u8) || verb.SequenceEqual("POST"u8) || verb.SequenceEqual("PUT "u8) || verb.SequenceEqual("HEAD"u8) ||
            verb.SequenceEqual("DELE"u8) || verb.SequenceEqual("PATC"u8) || verb.SequenceEqual("OPTI"u8) || verb.SequenceEqual("HTTP"u8);
        return isHttp
            ? "it speaks HTTP; this is the port for other nodes, clients use the HTTP or gRPC port"
            : $"it does not speak the peer protocol (its first bytes are {Convert.ToHexString(verb)})";
    }
}
