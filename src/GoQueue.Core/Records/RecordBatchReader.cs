using GoQueue.Core.Records.Compression;

namespace GoQueue.Core.Records;

/// <summary>
/// Decodes the records of one batch:
/// <code>
/// using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
/// if (error is { } refused) { return refused; }
/// foreach (Record record in reader) { ... }
/// </code>
/// <see cref="Open"/> inflates the records if they are compressed and checks all of them, so that the walk itself cannot fail half way.
/// A refused batch reads as empty. Nothing is allocated for plain batches.
/// </summary>
/// <remarks>
/// Records are views of the batch's bytes, or of a pooled buffer that the reader owns when the batch is compressed. Disposing the reader or
/// ending a <c>foreach</c> over it gives that buffer back, so a reader is walked once. The CRC is not checked here: whoever took the batch
/// from a disk or a socket has validated it.
/// </remarks>
public readonly ref struct RecordBatchReader
{
    private readonly ReadOnlySpan<byte> records;
    private readonly InflatedRecords? inflated;
    private readonly int count;

    private RecordBatchReader(ReadOnlySpan<byte> batch, ReadOnlySpan<byte> records, InflatedRecords? inflated)
    {
        Header = new RecordBatchHeader(batch);
        count = Header.RecordCount;
        this.records = records;
        this.inflated = inflated;
    }

    /// <summary>Header of the batch; only to be read when the batch was not refused.</summary>
    public RecordBatchHeader Header { get; }

    /// <summary>Bytes of the records after inflating.</summary>
    public int RecordBytes => records.Length;

    /// <summary>Opens a batch. Codes: CorruptBatch, UnsupportedBatchVersion, UnsupportedCompression, DecompressionTooLarge.</summary>
    public static RecordBatchReader Open(ReadOnlySpan<byte> batch, RecordReadLimits limits, out Error? error)
    {
        error = RecordBatchValidator.CheckFrame(batch)
            ?? RecordBatchValidator.CheckAttributes(new RecordBatchHeader(batch))
            ?? RecordBatchValidator.CheckStoredCounts(new RecordBatchHeader(batch));
        if (error is not null)
        {
            return default;
        }

        RecordBatchHeader header = new(batch);
        ReadOnlySpan<byte> body = batch[RecordBatchLayout.HeaderSize..];
        InflatedRecords? owned = null;
        if (header.Compression != CompressionCodec.None && !body.IsEmpty) // a batch that compaction emptied may keep its codec
        {
            error = BatchCompression.Inflate(header.Compression, body, limits.MaxDecompressedBytes, out owned);
            if (error is not null)
            {
                return default;
            }

            body = owned!.Span;
        }

        error = CheckRecords(header, body);
        if (error is not null)
        {
            owned?.Dispose();
            return default;
        }

        return new RecordBatchReader(batch, body, owned);
    }

    public Enumerator GetEnumerator()
    {
        Invariant.Check(inflated is not { IsDisposed: true }, "a reader of a compressed batch is walked once");
        return new Enumerator(this);
    }

    public void Dispose() => inflated?.Dispose();

    private static Error? CheckRecords(RecordBatchHeader header, ReadOnlySpan<byte> records)
    {
        int previousDelta = -1;
        ReadOnlySpan<byte> rest = records;
        for (int i = 0; i < header.RecordCount; i++)
        {
            if (RecordFrame.Parse(rest, out RecordFrame frame) is { } problem)
            {
                return RecordBatchValidator.Corrupt($"record {i} of {header.RecordCount}: {problem}");
            }

            if (frame.OffsetDelta <= previousDelta || frame.OffsetDelta > header.LastOffsetDelta)
            {
                return RecordBatchValidator.Corrupt(
                    $"record {i} has offset delta {frame.OffsetDelta}, expected above {previousDelta} and at most {header.LastOffsetDelta}");
            }

            previousDelta = frame.OffsetDelta;
            rest = rest[frame.Size..];
        }

        return rest.IsEmpty ? null : RecordBatchValidator.Corrupt($"{rest.Length} bytes follow the last of {header.RecordCount} records");
    }

    /// <summary>Walks the records in offset order.</summary>
    public ref struct Enumerator
    {
        private readonly RecordBatchReader reader;
        private ReadOnlySpan<byte> rest;
        private int left;

        internal Enumerator(RecordBatchReader reader)
        {
            this.reader = reader;
            rest = reader.records;
            left = reader.count;
        }

        public Record Current { get; private set; }

        public bool MoveNext()
        {
            if (left == 0)
            {
                return false;
            }

            left--;
            string? problem = RecordFrame.Parse(rest, out RecordFrame frame);
            Invariant.Check(problem is null, "records were checked when the batch was opened");
            RecordBatchHeader header = reader.Header;
            UnixMillis timestamp = header.HasLogAppendTime
                ? header.MaxTimestamp
                : new UnixMillis(unchecked(header.BaseTimestamp.Value + frame.TimestampDelta));
            Current = new Record(rest[..frame.Size], frame, header.BaseOffset + frame.OffsetDelta, timestamp);
            rest = rest[frame.Size..];
            return true;
        }

        public readonly void Dispose() => reader.Dispose();
    }
}
