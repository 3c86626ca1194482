using System.Buffers.Binary;
using System.Text;
using GoQueue.Core;

namespace GoQueue.Server.Peers.Protocol;

/// <summary>An error as the payload of a refusal frame: its code (int32, big-endian) and its sentence in UTF-8.</summary>
internal static class RefusalPayload
{
    /// <summary>Longer sentences are cut; they are for people.</summary>
    private const int MaxDetailBytes = 4096;

    public static SharedBuffer Write(Error error)
    {
        byte[] detail = Encoding.UTF8.GetBytes(error.Detail ?? string.Empty);
        int length = Math.Min(detail.Length, MaxDetailBytes);
        SharedBuffer payload = SharedBuffer.Rent(4 + length);
        BinaryPrimitives.WriteInt32BigEndian(payload.Span, (int)error.Code);
        detail.AsSpan(0, length).CopyTo(payload.Span[4..]);
        return payload;
    }

    /// <summary>A code of a newer program that this one does not know counts as an internal error, whose outcome nobody relies on.</summary>
    public static Error Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 4)
        {
            return new Error(ErrorCode.Internal, "the peer refused without a code");
        }

        ErrorCode code = (ErrorCode)BinaryPrimitives.ReadInt32BigEndian(payload);
        string detail = Encoding.UTF8.GetString(payload[4..]);
        return code != ErrorCode.None && Enum.IsDefined(code) ? new Error(code, detail) : new Error(ErrorCode.Internal, $"the peer refused with the unknown code {(int)code}: {detail}");
    }
}
