using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace GoQueue.ClusterTest.Loads;

/// <summary>
/// A message that says who sent it and proves that it is whole: <c>producer.sequence.crc.padding</c>, printable, so that every road carries it the
/// same way. The checksum is over producer, sequence and padding.
/// </summary>
internal readonly record struct TestMessage(int Producer, int Sequence)
{
    private const int HeadBytes = 4 + 1 + 9 + 1 + 8 + 1;

    public static byte[] Encode(int producer, int sequence, int bytes)
    {
        string padding = new((char)('a' + (sequence % 26)), Math.Max(0, bytes - HeadBytes));
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{producer:d4}.{sequence:d9}.{Checksum(producer, sequence, Encoding.ASCII.GetBytes(padding)):x8}.{padding}"));
    }

    /// <summary>Null when it is none of ours or damaged.</summary>
    public static TestMessage? Decode(ReadOnlySpan<byte> body) =>
        body.Length >= HeadBytes && body[4] == '.' && body[14] == '.' && body[23] == '.'
        && Utf8Parser.TryParse(body[..4], out int producer, out int used) && used == 4
        && Utf8Parser.TryParse(body[5..14], out int sequence, out used) && used == 9
        && Utf8Parser.TryParse(body[15..23], out uint checksum, out used, 'x') && used == 8
        && checksum == Checksum(producer, sequence, body[HeadBytes..])
            ? new TestMessage(producer, sequence)
            : null;

    private static uint Checksum(int producer, int sequence, ReadOnlySpan<byte> padding)
    {
        uint crc = BitOperations.Crc32C(BitOperations.Crc32C(uint.MaxValue, (uint)producer), (uint)sequence);
        foreach (byte one in padding)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return ~crc;
    }
}
