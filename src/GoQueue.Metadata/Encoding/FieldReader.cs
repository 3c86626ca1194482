using System.Buffers.Binary;
using System.Text;
using GoQueue.Core;

namespace GoQueue.Metadata.Encoding;

/// <summary>
/// Reads the field kinds of the metadata formats and never beyond the bytes that are there. The first field that does not fit makes the reader
/// broken for good; from then on it yields zeroes, so that a caller checks once at the end, and before it makes room for a count.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>A field was cut short or broke its own rule.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>All fields were fine and nothing follows them.</summary>
    public readonly bool IsAtEnd => !IsBroken && rest.IsEmpty;

    public byte ReadByte() => Take(1) is { IsEmpty: false } field ? field[0] : (byte)0;

    /// <summary>0 or 1; anything else breaks the reader.</summary>
    public bool ReadBoolean()
    {
        byte value = ReadByte();
        if (value > 1)
        {
            Break();
        }

        return value == 1;
    }

    public short ReadInt16() => Take(sizeof(short)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt16BigEndian(field) : (short)0;

    public int ReadInt32() => Take(sizeof(int)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt32BigEndian(field) : 0;

    public uint ReadUInt32() => unchecked((uint)ReadInt32());

    public long ReadInt64() => Take(sizeof(long)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt64BigEndian(field) : 0;

    public TopicId ReadTopicId() => new(ReadGuid());

    public Guid ReadGuid() => Take(16) is { IsEmpty: false } field ? new Guid(field, bigEndian: true) : default;

    /// <summary>A name of at most <paramref name="maxLength"/> ASCII characters; empty when the reader is broken.</summary>
    public string ReadName(int maxLength)
    {
        int length = ReadInt16();
        if (length < 0 || length > maxLength)
        {
            Break();
        }

        ReadOnlySpan<byte> field = Take(length);
        if (!Ascii.IsValid(field))
        {
            Break();
        }

        return IsBroken ? string.Empty : System.Text.Encoding.ASCII.GetString(field);
    }

    public NodeId ReadNode() => new(ReadName(Cluster.ClusterName.MaxLength));

    /// <summary>A count of items of at least <paramref name="itemSize"/> bytes each, checked against the bytes left; 0 when broken.</summary>
    public int ReadCount(int itemSize, int maxCount)
    {
        int count = ReadInt32();
        if (count < 0 || count > maxCount || count > rest.Length / itemSize)
        {
            Break();
        }

        return IsBroken ? 0 : count;
    }

    public void Break()
    {
        IsBroken = true;
        rest = default;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (IsBroken || rest.Length < length)
        {
            Break();
            return default;
        }

        ReadOnlySpan<byte> field = rest[..length];
        rest = rest[length..];
        return field;
    }
}
