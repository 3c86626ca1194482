using System.Numerics;

namespace GoQueue.Core.Records;

/// <summary>
/// Zig-zag variable-length integers, as record fields use them: seven bits a byte, lowest first, the high bit says that more follow;
/// small numbers of either sign are short. Reading never goes beyond five bytes (32 bits) or ten bytes (64 bits).
/// </summary>
/// <remarks>Longer encodings than needed are read, as Kafka's readers do, as long as the value fits.</remarks>
public static class Varint
{
    /// <summary>Most bytes a 32-bit value takes.</summary>
    public const int MaxIntBytes = 5;

    /// <summary>Most bytes a 64-bit value takes.</summary>
    public const int MaxLongBytes = 10;

    /// <summary>Bytes that <see cref="Write(Span{byte}, int)"/> will use, 1 to 5.</summary>
    public static int SizeOf(int value) => SizeOfBits(32 - BitOperations.LeadingZeroCount(ZigZag(value)));

    /// <summary>Bytes that <see cref="Write(Span{byte}, long)"/> will use, 1 to 10.</summary>
    public static int SizeOf(long value) => SizeOfBits(64 - BitOperations.LeadingZeroCount(ZigZag(value)));

    /// <summary>Writes the value and returns the bytes used.</summary>
    /// <param name="destination">At least <see cref="SizeOf(int)"/> bytes.</param>
    public static int Write(Span<byte> destination, int value) => WriteUnsigned(destination, ZigZag(value));

    /// <summary>Writes the value and returns the bytes used.</summary>
    /// <param name="destination">At least <see cref="SizeOf(long)"/> bytes.</param>
    public static int Write(Span<byte> destination, long value) => WriteUnsigned(destination, ZigZag(value));

    /// <summary>Reads a 32-bit value. False when the bytes end within it or it has more than 32 bits; then nothing is consumed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out int value, out int consumed)
    {
        uint bits = 0;
        for (int i = 0; i < source.Length && i < MaxIntBytes; i++)
        {
            uint part = source[i];
            if (i == MaxIntBytes - 1 && part > 0x0F)
            {
                break; // bits beyond 32, or a sixth byte announced
            }

            bits |= (part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                value = (int)(bits >> 1) ^ -(int)(bits & 1);
                consumed = i + 1;
                return true;
            }
        }

        value = 0;
        consumed = 0;
        return false;
    }

    /// <summary>Reads a 64-bit value. False when the bytes end within it or it has more than 64 bits; then nothing is consumed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out long value, out int consumed)
    {
        ulong bits = 0;
        for (int i = 0; i < source.Length && i < MaxLongBytes; i++)
        {
            ulong part = source[i];
            if (i == MaxLongBytes - 1 && part > 0x01)
            {
                break; // bits beyond 64, or an eleventh byte announced
            }

            bits |= (part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                value = (long)(bits >> 1) ^ -(long)(bits & 1);
                consumed = i + 1;
                return true;
            }
        }

        value = 0;
        consumed = 0;
        return false;
    }

    private static uint ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static int SizeOfBits(int significantBits) => Math.Max(1, (significantBits + 6) / 7);

    private static int WriteUnsigned(Span<byte> destination, ulong bits)
    {
        int written = 0;
        while (bits >= 0x80)
        {
            destination[written++] = (byte)(bits | 0x80);
            bits >>= 7;
        }

        destination[written++] = (byte)bits;
        return written;
    }
}
