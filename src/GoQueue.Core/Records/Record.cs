namespace GoQueue.Core.Records;

/// <summary>One record of a batch that <see cref="RecordBatchReader"/> opened: views of its bytes, valid as long as the reader.</summary>
public readonly ref struct Record
{
    private readonly RecordFrame frame;

    internal Record(ReadOnlySpan<byte> raw, scoped in RecordFrame frame, Offset offset, UnixMillis timestamp)
    {
        Raw = raw;
        this.frame = frame;
        Offset = offset;
        Timestamp = timestamp;
    }

    /// <summary>Position in the partition. Relative to 0 in a batch that no leader has stamped yet.</summary>
    public Offset Offset { get; }

    /// <summary>Create time, or the batch's append time where the batch says so.</summary>
    public UnixMillis Timestamp { get; }

    /// <summary>Distance from the batch's base offset.</summary>
    public int OffsetDelta => frame.OffsetDelta;

    public bool KeyIsNull => frame.KeyLength < 0;

    /// <summary>Empty when the key is null; ask <see cref="KeyIsNull"/>.</summary>
    public ReadOnlySpan<byte> Key => Raw.Slice(frame.KeyStart, Math.Max(frame.KeyLength, 0));

    /// <summary>A null value under a key is a tombstone: compaction removes the key.</summary>
    public bool ValueIsNull => frame.ValueLength < 0;

    /// <summary>Empty when the value is null; ask <see cref="ValueIsNull"/>.</summary>
    public ReadOnlySpan<byte> Value => Raw.Slice(frame.ValueStart, Math.Max(frame.ValueLength, 0));

    public RecordHeaders Headers => new(Raw[frame.HeadersStart..], frame.HeaderCount);

    /// <summary>The encoded record, length prefix included, relative to its batch's base offset and base timestamp.</summary>
    internal ReadOnlySpan<byte> Raw { get; }
}
