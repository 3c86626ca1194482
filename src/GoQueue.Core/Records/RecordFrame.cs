namespace GoQueue.Core.Records;

/// <summary>
/// Where the fields of one encoded record stand. Parsing is the only code that trusts nothing: every length is compared with what is left
/// before it is used, and a record must fill exactly the length it announces. Positions count from the record's length prefix.
/// </summary>
internal struct RecordFrame
{
    /// <summary>The least a record takes: seven one-byte fields. Bounds the count a batch may announce.</summary>
    public const int MinSize = 7;

    public int Size;
    public byte Attributes;
    public long TimestampDelta;
    public int OffsetDelta;
    public int KeyStart;
    public int KeyLength;
    public int ValueStart;
    public int ValueLength;
    public int HeadersStart;
    public int HeaderCount;

    /// <summary>Parses the record at the start of <paramref name="bytes"/>. Answers what is wrong with it, or null.</summary>
    public static string? Parse(ReadOnlySpan<byte> bytes, out RecordFrame frame)
    {
        frame = default;
        if (!Varint.TryRead(bytes, out int bodyLength, out int at))
        {
            return "its length field is not a 32-bit varint";
        }

        if (bodyLength < MinSize - 1)
        {
            return "its length is less than a record's least";
        }

        if (bodyLength > bytes.Length - at)
        {
            return "its length goes beyond the batch";
        }

        ReadOnlySpan<byte> record = bytes[..(at + bodyLength)];
        frame.Size = record.Length;
        frame.Attributes = record[at++];
        if (!Varint.TryRead(record[at..], out frame.TimestampDelta, out int consumed))
        {
            return "its timestamp delta is not a 64-bit varint";
        }

        at += consumed;
        if (!Varint.TryRead(record[at..], out frame.OffsetDelta, out consumed))
        {
            return "its offset delta is not a 32-bit varint";
        }

        at += consumed;
        if (!TryReadNullable(record, ref at, out frame.KeyStart, out frame.KeyLength))
        {
            return "its key has a bad length";
        }

        if (!TryReadNullable(record, ref at, out frame.ValueStart, out frame.ValueLength))
        {
            return "its value has a bad length";
        }

        if (!Varint.TryRead(record[at..], out frame.HeaderCount, out consumed))
        {
            return "its header count is not a 32-bit varint";
        }

        at += consumed;
        frame.HeadersStart = at;
        return CheckHeaders(record, at, frame.HeaderCount);
    }

    private static string? CheckHeaders(ReadOnlySpan<byte> record, int at, int count)
    {
        // A header takes two bytes at least, so a count beyond half of what is left is a lie and not worth a loop.
        if (count < 0 || count > (record.Length - at) / 2)
        {
            return "its header count does not fit its length";
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryReadNullable(record, ref at, out _, out int keyLength) || keyLength < 0)
            {
                return "a header key has a bad length";
            }

            if (!TryReadNullable(record, ref at, out _, out _))
            {
                return "a header value has a bad length";
            }
        }

        return at == record.Length ? null : "its fields do not fill its length";
    }

    /// <summary>A length (-1 = null) and that many bytes.</summary>
    private static bool TryReadNullable(ReadOnlySpan<byte> record, ref int at, out int start, out int length)
    {
        if (!Varint.TryRead(record[at..], out length, out int consumed) || length < -1 || length > record.Length - at - consumed)
        {
            start = 0;
            return false;
        }

        start = at + consumed;
        at = start + Math.Max(length, 0);
        return true;
    }
}
