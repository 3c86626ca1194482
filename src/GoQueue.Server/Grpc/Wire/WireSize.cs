using System.Numerics;

namespace GoQueue.Server.Grpc.Wire;

/// <summary>Sizes of protobuf fields with numbers below 16, whose tags are one byte. Fields with the default value take none.</summary>
internal static class WireSize
{
    public const int Tag = 1;

    /// <summary>Room for any varint.</summary>
    public const int MaxVarint = 10;

    public static int Varint(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    public static int Int64(long value) => value == 0 ? 0 : Tag + Varint((ulong)value);

    public static int UInt64(ulong value) => value == 0 ? 0 : Tag + Varint(value);

    /// <summary>An optional field; negative: absent.</summary>
    public static int OptionalInt32(int value) => value < 0 ? 0 : Tag + Varint((uint)value);

    /// <summary>A length-delimited field that is written even when it is empty.</summary>
    public static int Bytes(int length) => Tag + Varint((uint)length) + length;
}
