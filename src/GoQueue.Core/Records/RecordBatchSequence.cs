namespace GoQueue.Core.Records;

/// <summary>
/// Cuts a run of batches, one after the other as logs and fetch responses hold them, into batches:
/// <c>foreach (ReadOnlySpan&lt;byte&gt; batch in new RecordBatchSequence(bytes))</c>. Looks only at the length fields; whether a batch is sound
/// says <see cref="RecordBatchValidator"/>. Stops where no whole batch begins; <see cref="Rest"/> is then what was left.
/// </summary>
public ref struct RecordBatchSequence
{
    public RecordBatchSequence(ReadOnlySpan<byte> bytes)
    {
        Rest = bytes;
    }

    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Bytes after the current batch. Not empty at the end of the walk: the run ends within a batch or is damaged.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; }

    public readonly RecordBatchSequence GetEnumerator() => this;

    public bool MoveNext()
    {
        if (Rest.Length < RecordBatchLayout.HeaderSize)
        {
            return false;
        }

        long size = new RecordBatchHeader(Rest).TotalSize;
        if (size < RecordBatchLayout.HeaderSize || size > Rest.Length)
        {
            return false;
        }

        Current = Rest[..(int)size];
        Rest = Rest[(int)size..];
        return true;
    }
}
