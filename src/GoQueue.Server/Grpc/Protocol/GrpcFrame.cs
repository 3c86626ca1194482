using System.Buffers;
using System.Buffers.Binary;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>A message on the wire: one byte that says whether it is compressed, its length in four bytes big-endian, then the message.</summary>
internal static class GrpcFrame
{
    public const int PrefixSize = 5;

    /// <summary>False when fewer than five bytes are there. The length is what the peer claims, up to 4 GiB.</summary>
    public static bool TryReadPrefix(in ReadOnlySequence<byte> bytes, out byte flag, out uint length)
    {
        flag = 0;
        length = 0;
        if (bytes.Length < PrefixSize)
        {
            return false;
        }

        ReadOnlySpan<byte> prefix = bytes.FirstSpan;
        if (prefix.Length < PrefixSize)
        {
            Span<byte> copy = stackalloc byte[PrefixSize];
            bytes.Slice(0, PrefixSize).CopyTo(copy);
            flag = copy[0];
            length = BinaryPrimitives.ReadUInt32BigEndian(copy[1..]);
            return true;
        }

        flag = prefix[0];
        length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return true;
    }

    /// <summary>Writes the prefix of a plain message into the first five bytes.</summary>
    public static void WritePrefix(Span<byte> destination, int length)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
    }
}
