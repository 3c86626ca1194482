using System.Buffers.Binary;

namespace GoQueue.Client.Transport;

/// <summary>The prefix of every message on a call: one byte that says whether it is compressed, four bytes of length, big-endian.</summary>
internal static class GrpcFrame
{
    public const int PrefixBytes = 5;

    public static void WritePrefix(Span<byte> destination, int messageBytes)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)messageBytes);
    }

    public static (bool IsCompressed, uint Length) ReadPrefix(ReadOnlySpan<byte> prefix) => (prefix[0] != 0, BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]));
}
