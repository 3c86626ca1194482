using System.Buffers.Binary;

namespace GoQueue.Cli.Bench;

/// <summary>
/// The first bytes of a measured message: who sent it, its number among that sender's messages of that partition, and when it was due. They let
/// a reader prove that nothing is lost, doubled or out of order, and measure end to end on one machine (Stopwatch ticks, one clock for all
/// processes). The rest of the value is random, so that compression gains nothing by accident.
/// </summary>
internal readonly record struct StampedPayload(int Producer, long Sequence, long DueTicks)
{
    /// <summary>Bytes of the stamp; values are at least this long.</summary>
    public const int Size = 24;

    // "GQBM", so that other messages of an existing topic are told apart.
    private const uint Magic = 0x4D425147;

    /// <summary>A value of <paramref name="size"/> random bytes to stamp again and again.</summary>
    public static byte[] NewValue(int size, int seed)
    {
        byte[] value = new byte[size];
        new Random(seed).NextBytes(value);
        return value;
    }

    public void WriteTo(Span<byte> value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(value, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(value[4..], Producer);
        BinaryPrimitives.WriteInt64LittleEndian(value[8..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(value[16..], DueTicks);
    }

    public static bool TryRead(ReadOnlySpan<byte> value, out StampedPayload stamp)
    {
        stamp = default;
        if (value.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(value) != Magic)
        {
            return false;
        }

        stamp = new StampedPayload(
            BinaryPrimitives.ReadInt32LittleEndian(value[4..]), BinaryPrimitives.ReadInt64LittleEndian(value[8..]), BinaryPrimitives.ReadInt64LittleEndian(value[16..]));
        return true;
    }
}
