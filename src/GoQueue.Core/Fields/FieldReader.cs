using System.Buffers.Binary;
using System.Text;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Encoding;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote, from bytes that nobody vouches for. The first field that does not fit makes the reader broken for good;
/// from then on it yields zeroes, so that a caller checks once at the end, and before it makes room for a count.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private const long MaxNumber = long.MaxValue / 4;
    private const int SmallestMember = 2 + 16 + 2 + 4;

    private ReadOnlySpan<byte> rest = bytes;

    public bool IsBroken { get; private set; }

    /// <summary>All fields were fine and nothing follows them.</summary>
    public readonly bool IsAtEnd => !IsBroken && rest.IsEmpty;

    public byte ReadByte() => Take(1) is { IsEmpty: false } field ? field[0] : (byte)0;

    public short ReadInt16() => Take(sizeof(short)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt16BigEndian(field) : (short)0;

    public int ReadInt32() => Take(sizeof(int)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt32BigEndian(field) : 0;

    public long ReadInt64() => Take(sizeof(long)) is { IsEmpty: false } field ? BinaryPrimitives.ReadInt64BigEndian(field) : 0;

    /// <summary>An index, term, position or count: 0 or more, and far enough from the end that adding to it does not overflow.</summary>
    public long ReadNumber()
    {
        long value = ReadInt64();
        if (value is < 0 or > MaxNumber)
        {
            Break();
        }

        return IsBroken ? 0 : value;
    }

    public Guid ReadGuid() => Take(16) is { IsEmpty: false } field ? new Guid(field, bigEndian: true) : default;

    /// <summary>A flag: 0 or 1, nothing else.</summary>
    public bool ReadBool()
    {
        byte value = ReadByte();
        if (value > 1)
        {
            Break();
        }

        return value == 1;
    }

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

    /// <summary>Its values may still break <see cref="MemberRules"/>.</summary>
    public QuorumMember ReadMember() =>
        new(new NodeId(ReadName(MemberRules.MaxNodeIdLength)), ReadGuid(), ReadName(MemberRules.MaxHostLength), ReadInt32());

    public IReadOnlyList<QuorumMember> ReadMembers(int maxCount)
    {
        int count = ReadCount(SmallestMember, maxCount);
        List<QuorumMember> members = new(count);
        for (int i = 0; i < count; i++)
        {
            members.Add(ReadMember());
        }

        return members;
    }

    public ReadOnlySpan<byte> ReadRest()
    {
        ReadOnlySpan<byte> all = rest;
        rest = default;
        return all;
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
