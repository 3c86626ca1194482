using System.Globalization;
using System.Text;
using GoQueue.Core;
using GoQueue.History.Events;

namespace GoQueue.History.Bodies;

/// <summary>
/// Bodies that say who they are and check themselves: <c>3-17 filler 9ae0d1c2</c>, in ASCII, so that they pass through any API. The last eight letters are
/// the CRC-32C of everything before the space in front of them.
/// </summary>
public static class MessageBody
{
    private const int ChecksumLength = 8;
    private static readonly byte[] Alphabet = "abcdefghijklmnopqrstuvwxyz012345"u8.ToArray();

    /// <summary>The body of a message.</summary>
    /// <param name="size">Bytes wanted; a body is never shorter than its name and checksum need (at most 42).</param>
    public static byte[] Create(MessageId id, int size = 0)
    {
        byte[] name = Encoding.ASCII.GetBytes(id.ToString());
        int filler = Math.Max(0, size - name.Length - ChecksumLength - 2);
        byte[] body = new byte[name.Length + 1 + filler + 1 + ChecksumLength];
        name.CopyTo(body, 0);
        body[name.Length] = (byte)' ';
        Fill(body.AsSpan(name.Length + 1, filler), id);
        int end = name.Length + 1 + filler;
        body[end] = (byte)' ';
        Encoding.ASCII.GetBytes(Crc32C.Compute(body.AsSpan(0, end)).ToString("x8", CultureInfo.InvariantCulture), body.AsSpan(end + 1));
        return body;
    }

    /// <summary>Which message a body is.</summary>
    /// <param name="damage">Null, or why it is none: its checksum is wrong (damaged), or it is right and names nobody (phantom).</param>
    public static MessageId? Parse(ReadOnlySpan<byte> body, out string? damage)
    {
        int end = body.Length - ChecksumLength - 1;
        if (end <= 0 || body[end] != (byte)' ')
        {
            damage = $"phantom: {body.Length} bytes that end in no checksum";
            return null;
        }

        uint sum = Crc32C.Compute(body[..end]);
        Span<byte> expected = stackalloc byte[ChecksumLength];
        sum.TryFormat(expected, out _, "x8", CultureInfo.InvariantCulture);
        if (!body[(end + 1)..].SequenceEqual(expected))
        {
            damage = $"damaged: the checksum of its {body.Length} bytes is {Encoding.ASCII.GetString(expected)}, not what it says";
            return null;
        }

        int space = body.IndexOf((byte)' ');
        if (space is <= 0 or > 31 || !MessageId.TryParse(Encoding.ASCII.GetString(body[..space]), out MessageId id))
        {
            damage = "phantom: the checksum is right, but it names no message";
            return null;
        }

        damage = null;
        return id;
    }

    /// <summary>What was read, as a record of a history.</summary>
    public static HistoryRecord Read(long offset, ReadOnlySpan<byte> body)
    {
        MessageId? id = Parse(body, out string? damage);
        return new HistoryRecord(offset, id) { Damage = damage };
    }

    /// <summary>CRC-32C over key, headers in their order, and timestamp: what <see cref="HistoryRecord.Digest"/> holds on both sides.</summary>
    public static uint Digest(ReadOnlySpan<byte> key, IEnumerable<KeyValuePair<string, byte[]>> headers, long timestampMillis)
    {
        Span<byte> number = stackalloc byte[8];
        BitConverter.TryWriteBytes(number, timestampMillis);
        uint sum = Crc32C.Append(Part(0, key), number);
        foreach ((string name, byte[] value) in headers)
        {
            sum = Part(Part(sum, Encoding.UTF8.GetBytes(name)), value);
        }

        return sum;
    }

    /// <summary>With its length in front, so that no two lists of parts have the same bytes.</summary>
    private static uint Part(uint sum, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BitConverter.TryWriteBytes(length, bytes.Length);
        return Crc32C.Append(Crc32C.Append(sum, length), bytes);
    }

    /// <summary>Differs from message to message, so that swapped parts of two bodies show.</summary>
    private static void Fill(Span<byte> filler, MessageId id)
    {
        ulong state = ((ulong)id.Process << 40) ^ (ulong)id.Counter ^ 0x9E3779B97F4A7C15;
        for (int i = 0; i < filler.Length; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            filler[i] = Alphabet[(int)(state & 31)];
        }
    }
}
