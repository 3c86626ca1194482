using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Recovery;

/// <summary>Makes a segment found on disk ready to take appends again.</summary>
internal static class AppendPreparation
{
    /// <summary>
    /// Brings the indexes of the last segment into memory up to <paramref name="position"/>: what its files have, verified against the batch
    /// they point to, and the rest from the batch headers.
    /// </summary>
    public static void Run(Segment segment, long position, PartitionLogOptions options, UnixMillis now)
    {
        segment.Offsets.Load(entry => entry.Value < position);
        segment.Times.Load(_ => true);
        long from = 0;
        Offset fromOffset = segment.BaseOffset;
        if (segment.Offsets.TryLast(out IndexEntry last) && PointsToBatch(segment, last))
        {
            from = last.Value;
            fromOffset = new Offset(last.Key);
        }
        else
        {
            segment.Offsets.CutWhile(_ => false);
        }

        // Time entries behind the last trusted batch may be of a history that a crash took back; a wrong one would hide records.
        segment.Times.CutWhile(entry => segment.BaseOffset + entry.Value <= fromOffset && from > 0);
        segment.LargestTimestamp = segment.Times.TryLast(out IndexEntry time) ? new UnixMillis(time.Key) : UnixMillis.None;
        segment.Offsets.CutFile();
        segment.Times.CutFile();
        IndexFrom(segment, from, position, options.IndexIntervalBytes);
        segment.Size = position;
        segment.ReservedSize = position;
        if (segment.CreatedAt.IsNone && position > 0)
        {
            segment.CreatedAt = segment.Offsets.CreatedAt.IsNone ? now : segment.Offsets.CreatedAt;
        }
    }

    private static void IndexFrom(Segment segment, long from, long to, int intervalBytes)
    {
        long sinceEntry = from == 0 ? intervalBytes : 0;
        using BatchScanner scanner = new(segment.File, from, to, isVerifying: false);
        while (scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
        {
            segment.Index(new RecordBatchHeader(batch), scanner.Position, ref sinceEntry, intervalBytes);
            scanner.Advance(batch.Length);
        }
    }

    private static bool PointsToBatch(Segment segment, IndexEntry entry)
    {
        Span<byte> header = stackalloc byte[RecordBatchLayout.HeaderSize];
        return segment.File.Read(entry.Value, header) == header.Length
            && BatchScanner.TryMeasure(header, long.MaxValue, out _) && new RecordBatchHeader(header).BaseOffset.Value == entry.Key;
    }
}
