using System.Buffers.Binary;
using System.Text;
using GoQueue.Core;

namespace GoQueue.Server.Peers.Protocol;

/// <summary>Writes the fields of a greeting one after the other.</summary>
internal sealed class GreetingWriter
{
    private readonly byte[] bytes = new byte[Greeting.MaxBody];
    private int length;

    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, length);

    public void Byte(byte value) => Next(1)[0] = value;

    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Next(2), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Next(8), value);

    public void Guid(Guid value)
    {
        bool written = value.TryWriteBytes(Next(16), bigEndian: true, out _);
        Invariant.Check(written, "an id has 16 bytes");
    }

    /// <summary>Up to 255 characters of ASCII behind their count.</summary>
    public void Text(string value)
    {
        Invariant.Check(value.Length <= byte.MaxValue, "a name in a greeting has at most 255 characters");
        Byte((byte)value.Length);
        Encoding.ASCII.GetBytes(value, Next(value.Length));
    }

    /// <summary>A sentence in UTF-8 behind its byte count, cut to fit.</summary>
    public void LongText(string value)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        int fits = Math.Min(utf8.Length, 512);
        UInt16((ushort)fits);
        utf8.AsSpan(0, fits).CopyTo(Next(fits));
    }

    private Span<byte> Next(int count)
    {
        Span<byte> next = bytes.AsSpan(length, count);
        length += count;
        return next;
    }
}

/// <summary>Reads them back. Bytes that are missing make it broken, and every field after that empty; it never throws.</summary>
internal ref struct GreetingReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public bool IsBroken { get; private set; }

    public byte Byte() => Next(1) is [byte value] ? value : default;

    public ushort UInt16() => Next(2) is { Length: 2 } field ? BinaryPrimitives.ReadUInt16BigEndian(field) : default;

    public ulong UInt64() => Next(8) is { Length: 8 } field ? BinaryPrimitives.ReadUInt64BigEndian(field) : default;

    public Guid Guid() => Next(16) is { Length: 16 } field ? new Guid(field, bigEndian: true) : default;

    /// <summary>Printable ASCII; anything else makes the reader broken, so that no name carries a line break into a log.</summary>
    public string Text()
    {
        ReadOnlySpan<byte> field = Next(Byte());
        if (field.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            IsBroken = true;
            return string.Empty;
        }

        return Encoding.ASCII.GetString(field);
    }

    public string LongText() => Encoding.UTF8.GetString(Next(UInt16()));

    private ReadOnlySpan<byte> Next(int count)
    {
        if (IsBroken || count > rest.Length)
        {
            IsBroken = true;
            return [];
        }

        ReadOnlySpan<byte> next = rest[..count];
        rest = rest[count..];
        return next;
    }
}
