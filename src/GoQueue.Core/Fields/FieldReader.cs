using System.Buffers.Binary;
using System.Text;

namespace GoQueue.Core.Fields;

/// <summary>
/// Reads big-endian fields from bytes that nobody vouches for, and never beyond them. The first field that does not fit makes the reader broken for
/// good; from then on it yields zeroes, so that a caller checks once at the end, and before it makes room for a count. <see cref="FieldWriter"/>
/// writes the same fields.
/// </summary>
/// <param name="bytes">Stay as they are while the reader is used; blobs and the rest are slices of them.</param>
public ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private const long MaxNumber = long.MaxValue / 4;

    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>A field was cut short or broke its own rule.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>All fields were fine and nothing follows them.</summary>
    public readonly bool IsAtEnd => !IsBroken && rest.IsEmpty;

    /// <summary>One byte.</summary>
    public byte ReadByte() => Take(1) is { IsEmpty: false } field ? field[0] : (byte)0;

    /// <summary>A byte that is 0 or 1; anything else breaks the reader.</summary>
    public bool ReadBoolean()
    {
        byte value = ReadByte();
        if (value > 1)
        {
            Break();
        }

        return value == 1;
    }

    /// <summary>Two bytes.</summary>
    public short ReadInt16() => Take(sizeof(short)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt16BigEndian(field) : (short)0;

    /// <summary>Four bytes.</summary>
    public int ReadInt32() => Take(sizeof(int)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt32BigEndian(field) : 0;

    /// <summary>Four bytes.</summary>
    public uint ReadUInt32() => unchecked((uint)ReadInt32());

    /// <summary>Eight bytes.</summary>
    public long ReadInt64() => Take(sizeof(long)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt64BigEndian(field) : 0;

    /// <summary>An index, term, position or count in eight bytes: 0 or more, and far enough from the end that adding to it does not overflow.</summary>
    public long ReadNumber()
    {
        long value = ReadInt64();
        if (value is < 0 or > MaxNumber)
        {
            Break();
        }

        return IsBroken ? 0 : value;
    }

    /// <summary>16 bytes in the order of the text form.</summary>
    public Guid ReadGuid() => Take(16) is { IsEmpty: false } field ? new Guid(field, bigEndian: true) : default;

    /// <summary>A length in two bytes and so many ASCII characters, at most <paramref name="maxLength"/>; empty when the reader is broken.</summary>
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

        return IsBroken ? string.Empty : Encoding.ASCII.GetString(field);
    }

    /// <summary>A length in four bytes and so many bytes, at most <paramref name="maxLength"/>; empty when the reader is broken.</summary>
    public ReadOnlySpan<byte> ReadBlob(int maxLength)
    {
        int length = ReadInt32();
        if (length < 0 || length > maxLength)
        {
            Break();
        }

        return Take(length);
    }

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

    /// <summary>All that is left.</summary>
    public ReadOnlySpan<byte> ReadRest()
    {
        ReadOnlySpan<byte> all = rest;
        rest = default;
        return all;
    }

    /// <summary>What was read makes no sense to the caller: nothing of it counts.</summary>
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
