using System.Buffers;

namespace GoQueue.Server.Grpc.Wire;

/// <summary>
/// Reads the protobuf wire form of the hot messages, in place. Fields may come in any order and any number of times; who reads keeps the last.
/// Every method is false on malformed input, after which the reader is of no use.
/// </summary>
internal ref struct WireReader
{
    private const int MaxGroupDepth = 64; // of groups in unknown fields; nobody writes them any more

    private SequenceReader<byte> bytes;

    public WireReader(in ReadOnlySequence<byte> message)
    {
        bytes = new SequenceReader<byte>(message);
    }

    public readonly bool IsAtEnd => bytes.End;

    public bool TryReadTag(out int field, out WireType type)
    {
        field = 0;
        type = default;
        if (!TryReadVarint(out ulong bits))
        {
            return false;
        }

        uint tag = (uint)bits; // the generated parsers, too, take the low 32 bits of a longer one
        field = (int)(tag >> 3);
        type = (WireType)(tag & 7);
        return field > 0 && type <= WireType.Fixed32;
    }

    public bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (!bytes.TryRead(out byte b))
            {
                return false;
            }

            value |= (ulong)(b & 0x7F) << shift; // the tenth byte of a 64-bit value keeps one bit, as every parser does
            if (b < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    public bool TryReadInt32(out int value)
    {
        bool read = TryReadVarint(out ulong bits);
        value = (int)bits;
        return read;
    }

    public bool TryReadInt64(out long value)
    {
        bool read = TryReadVarint(out ulong bits);
        value = (long)bits;
        return read;
    }

    /// <summary>A view of a length-delimited field.</summary>
    public bool TryReadBytes(out ReadOnlySequence<byte> value)
    {
        value = default;
        if (!TryReadVarint(out ulong length) || length > (ulong)bytes.Remaining)
        {
            return false;
        }

        value = bytes.UnreadSequence.Slice(0, (long)length);
        bytes.Advance((long)length);
        return true;
    }

    /// <summary>Skips a field that we do not know, or that has another type than ours.</summary>
    public bool TrySkip(int field, WireType type) => TrySkip(field, type, MaxGroupDepth);

    private bool TrySkip(int field, WireType type, int depth)
    {
        switch (type)
        {
            case WireType.Varint:
                return TryReadVarint(out _);
            case WireType.Fixed64:
                return TryAdvance(sizeof(ulong));
            case WireType.Fixed32:
                return TryAdvance(sizeof(uint));
            case WireType.Bytes:
                return TryReadVarint(out ulong length) && length <= (ulong)bytes.Remaining && TryAdvance((long)length);
            case WireType.StartGroup when depth > 0:
                while (TryReadTag(out int inner, out WireType innerType))
                {
                    if (innerType == WireType.EndGroup)
                    {
                        return inner == field;
                    }

                    if (!TrySkip(inner, innerType, depth - 1))
                    {
                        return false;
                    }
                }

                return false;
            default:
                return false;
        }
    }

    private bool TryAdvance(long count)
    {
        if (bytes.Remaining < count)
        {
            return false;
        }

        bytes.Advance(count);
        return true;
    }
}
