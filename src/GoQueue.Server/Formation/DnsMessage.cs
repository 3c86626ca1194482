using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace GoQueue.Server.Formation;

/// <summary>What is asked for; the numbers are those of the protocol.</summary>
internal enum DnsType : ushort
{
    Address = 1,
    AddressV6 = 28,
    Service = 33,
}

/// <summary>What an answer holds, in its order.</summary>
internal sealed record DnsAnswer(IReadOnlyList<IPAddress> Addresses, IReadOnlyList<ServiceRecord> Services);

/// <summary>As much of the DNS message format (RFC 1035, RFC 2782, RFC 3596) as questions for addresses and services need.</summary>
internal static class DnsMessage
{
    /// <summary>What is asked to fit into one datagram (EDNS); a longer answer is cut, and what fits of it is used.</summary>
    public const int MaxBytes = 4096;

    private const int HeaderBytes = 12;
    private const ushort TypeOptions = 41;
    private const ushort ClassInternet = 1;
    private const int MaxJumps = 64;

    /// <summary>Null when the name is none that DNS has.</summary>
    public static byte[]? Question(ushort id, string name, DnsType type)
    {
        List<byte> message = [(byte)(id >> 8), (byte)id, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
        foreach (string label in name.Split('.'))
        {
            if (label.Length is 0 or > 63 || !Ascii.IsValid(label))
            {
                return null;
            }

            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.AddRange([0, 0, (byte)type, 0, (byte)ClassInternet]);
        message.AddRange([0, 0, (byte)TypeOptions, MaxBytes >> 8, MaxBytes & 0xFF, 0, 0, 0, 0, 0, 0]);
        return message.Count <= HeaderBytes + 255 + 16 ? [.. message] : null;
    }

    /// <summary>False when the bytes are no answer to this question. Never throws, whatever they are.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ushort id, string name, [NotNullWhen(true)] out DnsAnswer? answer)
    {
        answer = null;
        List<IPAddress> addresses = [];
        List<ServiceRecord> services = [];
        if (message.Length < HeaderBytes || BinaryPrimitives.ReadUInt16BigEndian(message) != id || (message[2] & 0x80) == 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return false;
        }

        int at = HeaderBytes;
        if (!TryReadName(message, ref at, out string? asked) || !string.Equals(asked, name, StringComparison.OrdinalIgnoreCase) || message.Length < at + 4)
        {
            return false;
        }

        at += 4;
        int answers = (message[3] & 0x0F) == 0 ? BinaryPrimitives.ReadUInt16BigEndian(message[6..]) : 0; // else there is no such name
        for (int i = 0; i < answers; i++)
        {
            if (!TryReadName(message, ref at, out _) || message.Length < at + 10)
            {
                break;
            }

            DnsType type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            int data = at + 10;
            at = data + length;
            int target = data + 6;
            if (at > message.Length)
            {
                break;
            }

            // Priority and weight say whom a client should prefer; all of them are nodes.
            if (type == DnsType.Service && length > 6 && TryReadName(message, ref target, out string? host) && host.Length > 0)
            {
                services.Add(new ServiceRecord(host, BinaryPrimitives.ReadUInt16BigEndian(message[(data + 4)..])));
            }
            else if ((type == DnsType.Address && length == 4) || (type == DnsType.AddressV6 && length == 16))
            {
                addresses.Add(new IPAddress(message.Slice(data, length))); // aliases (CNAME) stand before them and need no following
            }
        }

        answer = new DnsAnswer(addresses, services);
        return true;
    }

    /// <summary>A name, which may go on at an earlier place; jumps are counted, because they may go in a circle.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> message, ref int at, [NotNullWhen(true)] out string? name)
    {
        name = null;
        StringBuilder text = new();
        int place = at;
        bool hasJumped = false;
        for (int steps = 0; steps < MaxJumps + 128 && place < message.Length; steps++)
        {
            int length = message[place];
            if (length == 0)
            {
                at = hasJumped ? at : place + 1;
                name = text.ToString();
                return true;
            }

            if (length >= 0xC0)
            {
                if (place + 1 >= message.Length)
                {
                    return false;
                }

                int target = ((length & 0x3F) << 8) | message[place + 1];
                at = hasJumped ? at : place + 2;
                hasJumped = true;
                place = target;
            }
            else
            {
                if (length > 63 || place + 1 + length > message.Length || text.Length + length > 255)
                {
                    return false;
                }

                text.Append(text.Length > 0 ? "." : string.Empty).Append(Encoding.Latin1.GetString(message.Slice(place + 1, length)));
                place += 1 + length;
            }
        }

        return false;
    }
}
