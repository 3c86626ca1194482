using GoQueue.Core;

namespace GoQueue.Client.Wire;

/// <summary>Walks the fields of one protobuf message. Unknown fields are skipped by the caller; malformed bytes throw.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> message = message;
    private int at;
    private int wireType;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Where the content of the last <see cref="Bytes"/> began in the message.</summary>
    public int BytesStart { get; private set; }

    public bool MoveNext()
    {
        if (at == message.Length)
        {
            return false;
        }

        ulong tag = Varint();
        Field = (int)(tag >> 3);
        wireType = (int)(tag & 7);
        return Field > 0 ? true : throw Malformed("a field number is 0");
    }

    /// <summary>The value of a number field.</summary>
    public ulong Number() => wireType == 0 ? Varint() : throw Malformed($"field {Field} has wire type {wireType}, a number was expected");

    /// <summary>The content of a field of bytes, text or a message.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        if (wireType != 2)
        {
            throw Malformed($"field {Field} has wire type {wireType}, bytes were expected");
        }

        ulong length = Varint();
        if (length > (ulong)(message.Length - at))
        {
            throw Malformed($"field {Field} claims {length} bytes, {message.Length - at} are left");
        }

        BytesStart = at;
        at += (int)length;
        return message.Slice(BytesStart, (int)length);
    }

    /// <summary>Passes over a field that this client does not know.</summary>
    public void Skip()
    {
        switch (wireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Advance(8);
                break;
            case 2:
                Bytes();
                break;
            case 5:
                Advance(4);
                break;
            default:
                throw Malformed($"field {Field} has wire type {wireType}");
        }
    }

    private void Advance(int count)
    {
        at = count <= message.Length - at ? at + count : throw Malformed($"field {Field} is cut");
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (at == message.Length)
            {
                throw Malformed("a number is cut");
            }

            byte next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed("a number has more than ten bytes");
    }

    private static GoQueueException Malformed(string problem) => new(ErrorCode.MalformedRequest, $"the server's message cannot be read: {problem}");
}
