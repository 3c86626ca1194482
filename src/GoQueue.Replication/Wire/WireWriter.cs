using System.Buffers.Binary;
using GoQueue.Core;

namespace GoQueue.Replication.Wire;

/// <summary>
/// Writes the fields of <see cref="Core.Fields.FieldWriter"/> into a buffer of exactly the right size: a fetch is encoded straight into what is sent, without a
/// growing buffer between.
/// </summary>
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
