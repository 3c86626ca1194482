using System.Buffers.Binary;
using GoQueue.Core;

namespace GoQueue.Replication.Wire;

/// <summary>Writes fields, big-endian, into a buffer of the right size.</summary>
internal ref struct WireWriter(Span<byte> bytes)
{
    private Span<byte> rest = bytes;

    public void Byte(byte value) => Take(1)[0] = value;

    public void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(sizeof(long)), value);

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    public void Partition(TopicPartition value)
    {
        bool fits = value.Topic.Value.TryWriteBytes(Take(16), bigEndian: true, out int written);
        Invariant.Check(fits && written == 16, "an id has 16 bytes");
        Int32(value.Partition.Value);
    }

    public readonly void CheckFull() => Invariant.Check(rest.IsEmpty, "a message fills its buffer", 0, rest.Length);

    private Span<byte> Take(int length)
    {
        Span<byte> field = rest[..length];
        rest = rest[length..];
        return field;
    }
}

/// <summary>Reads fields and never beyond the bytes there are; what is missing reads as zero, so that the caller checks the length once.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public byte Byte() => Take(1) is { IsEmpty: false } field ? field[0] : (byte)0;

    public int Int32() => Take(sizeof(int)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt32BigEndian(field) : 0;

    public uint UInt32() => unchecked((uint)Int32());

    public long Int64() => Take(sizeof(long)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt64BigEndian(field) : 0;

    public TopicPartition Partition()
    {
        ReadOnlySpan<byte> id = Take(16);
        return new TopicPartition(new TopicId(id.IsEmpty ? Guid.Empty : new Guid(id, bigEndian: true)), new PartitionIndex(Int32()));
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (rest.Length < length)
        {
            rest = default;
            return default;
        }

        ReadOnlySpan<byte> field = rest[..length];
        rest = rest[length..];
        return field;
    }
}
