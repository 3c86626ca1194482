using System.Buffers.Binary;
using System.Numerics;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>The first bytes of a peer, by the byte table of docs/internals/peer-protocol.md.</summary>
internal static class PeerHello
{
    public const int NoCommonVersion = 2;

    /// <summary>A hello that speaks versions from <paramref name="lowest"/> to <paramref name="highest"/>; the rest of it is what a future version may have there.</summary>
    public static byte[] Speaking(ushort lowest, ushort highest, int restBytes)
    {
        byte[] hello = new byte[16 + restBytes];
        "GQPR"u8.CopyTo(hello);
        BinaryPrimitives.WriteUInt16BigEndian(hello.AsSpan(4), lowest);
        BinaryPrimitives.WriteUInt16BigEndian(hello.AsSpan(6), highest);
        BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(8), restBytes);
        for (int i = 16; i < hello.Length; i++)
        {
            hello[i] = (byte)i;
        }

        uint crc = uint.MaxValue;
        foreach (byte one in (ReadOnlySpan<byte>)[.. hello[..12], .. hello[16..]])
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        BinaryPrimitives.WriteUInt32BigEndian(hello.AsSpan(12), ~crc);
        return hello;
    }

    /// <summary>A hello of this version with one byte changed.</summary>
    public static byte[] Damaged(int at)
    {
        byte[] hello = Speaking(1, 1, 40);
        hello[at] ^= 0x7f;
        return hello;
    }

    /// <summary>The reason of a refusal; null when the answer is none.</summary>
    public static int? Refusal(byte[] answer) =>
        answer.Length >= 16 && answer.AsSpan(0, 4).SequenceEqual("GQPR"u8) && BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(4)) == 0
            ? BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6))
            : null;
}
