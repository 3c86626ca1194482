namespace GoQueue.Core.Records;

/// <summary>The headers of a record that <see cref="RecordBatchReader"/> gave out: a view, valid as long as the reader.</summary>
public readonly ref struct RecordHeaders
{
    private readonly ReadOnlySpan<byte> bytes;

    internal RecordHeaders(ReadOnlySpan<byte> bytes, int count)
    {
        this.bytes = bytes;
        Count = count;
    }

    public int Count { get; }

    public Enumerator GetEnumerator() => new(bytes, Count);

    /// <summary>The last header of this key, as Kafka's readers choose. False when there is none.</summary>
    /// <param name="key">UTF-8, compared byte by byte.</param>
    public bool TryGetLast(ReadOnlySpan<byte> key, out RecordHeaderView header)
    {
        header = default;
        bool found = false;
        foreach (RecordHeaderView candidate in this)
        {
            if (candidate.Key.SequenceEqual(key))
            {
                header = candidate;
                found = true;
            }
        }

        return found;
    }

    /// <summary>Walks the headers. The record was checked when its batch was opened, so a malformed one here is a broken rule of ours.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> rest;
        private int left;

        internal Enumerator(ReadOnlySpan<byte> bytes, int count)
        {
            rest = bytes;
            left = count;
        }

        public RecordHeaderView Current { get; private set; }

        public bool MoveNext()
        {
            if (left == 0)
            {
                return false;
            }

            left--;
            Invariant.Check(Varint.TryRead(rest, out int keyLength, out int consumed), "headers were checked when the batch was opened");
            ReadOnlySpan<byte> key = rest.Slice(consumed, keyLength);
            rest = rest[(consumed + keyLength)..];
            Invariant.Check(Varint.TryRead(rest, out int valueLength, out consumed), "headers were checked when the batch was opened");
            ReadOnlySpan<byte> value = rest.Slice(consumed, Math.Max(valueLength, 0));
            rest = rest[(consumed + value.Length)..];
            Current = new RecordHeaderView(key, value, valueLength < 0);
            return true;
        }
    }
}
