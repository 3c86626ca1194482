using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Targets;

/// <summary>Reads all of a batch and writes it again, as consumers and compaction do.</summary>
internal static class BatchWalk
{
    /// <summary>False when the batch is refused. When it is not, every field of every record is touched and the batch is rewritten.</summary>
    public static bool TryWalk(ReadOnlySpan<byte> batch, RecordReadLimits limits)
    {
        RecordBatchReader reader = RecordBatchReader.Open(batch, limits, out Error? error);
        if (error is not null)
        {
            Invariant.Check(error.Value.Detail.Length is > 0 and < 400, "a refusal is a sentence");
            return false;
        }

        Invariant.Check(reader.RecordBytes <= Math.Max(limits.MaxDecompressedBytes, batch.Length), "records stay within the cap");
        using RecordBatchRewriter rewriter = new();
        rewriter.Begin(batch);
        int count = 0;
        long touched = 0;
        foreach (Record record in reader)
        {
            count++;
            touched += record.Key.Length + record.Value.Length + record.Timestamp.Value + record.Offset.Value;
            RecordTtl.IsExpired(record, new UnixMillis(touched));
            int headers = 0;
            foreach (RecordHeaderView header in record.Headers)
            {
                headers += 1 + (header.Key.Length & 0) + (header.Value.Length & 0);
            }

            Invariant.Check(headers == record.Headers.Count, "all headers are walked", record.Headers.Count, headers);
            rewriter.Keep(record);
        }

        Invariant.Check(count == new RecordBatchHeader(batch).RecordCount, "all records are walked", new RecordBatchHeader(batch).RecordCount, count);
        using SharedBuffer rewritten = rewriter.Build();
        Invariant.Check(RecordBatchValidator.ValidateStored(rewritten.Span) is null, "a rewritten batch is sound");
        return true;
    }
}
