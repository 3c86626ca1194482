using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>Reads: any thread, beside the writer.</content>
public sealed partial class PartitionLog
{
    /// <summary>Slack over the asked bytes for the batches between an index entry and the wanted offset.</summary>
    private const int ReadSlackBytes = 16 * 1024;

    /// <summary>A look-up that has to walk farther than this from its index entry has a damaged index, which is then rebuilt.</summary>
    private const int MaxWalkBytes = 4 * 1024 * 1024;

    /// <summary>How often a read starts over because the segment list changed under it before it gives up; each time needs a roll or truncation.</summary>
    private const int MaxAttempts = 100;

    /// <summary>
    /// Whole batches from the one that holds <paramref name="from"/> (its earlier records included) up to <paramref name="upTo"/>. The first
    /// batch is always whole, even above <paramref name="maxBytes"/>; a batch that reaches beyond <paramref name="upTo"/> is left out.
    /// Nothing there yet gives no slices and no error.
    /// </summary>
    /// <param name="from">First wanted offset, <see cref="StartOffset"/> to <see cref="EndOffset"/>; else <see cref="ErrorCode.OffsetOutOfRange"/>.</param>
    /// <param name="upTo">First offset not wanted; above <see cref="EndOffset"/> means the end.</param>
    /// <param name="maxBytes">Bound of the bytes returned; at least 1.</param>
    public LogRead Read(Offset from, Offset upTo, int maxBytes)
    {
        Invariant.Check(maxBytes > 0, "a read asks for bytes");
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            int seenTruncations = Volatile.Read(ref truncations);
            Offset end = EndOffset;
            if (from > end || from < StartOffset)
            {
                return LogRead.Failed(ErrorCode.OffsetOutOfRange, $"offset {from} is not in {StartOffset} to {end}", from);
            }

            Offset limit = Offset.Min(upTo, end);
            if (from >= limit)
            {
                return LogRead.Nothing(from);
            }

            if (cache.TryRead(from, limit, maxBytes, out Offset next) is BufferSlice[] cached)
            {
                return new LogRead(null, cached, next);
            }

            LogRead? read = ReadFromDisk(from, limit, maxBytes);
            if (read is LogRead found)
            {
                if (Volatile.Read(ref truncations) == seenTruncations && seenTruncations % 2 == 0)
                {
                    if (found.Error is { Code: ErrorCode.CorruptLog })
                    {
                        NoteDamage(from);
                    }

                    return found;
                }

                foreach (BufferSlice slice in found.Slices)
                {
                    slice.Buffer.Release();
                }
            }

            Thread.Yield();
        }

        return LogRead.Failed(ErrorCode.OffsetNotAvailable, $"the log changed under every attempt to read offset {from}", from);
    }

    /// <summary>True when a read from there would not touch the disk: the tail holds it, or there is nothing to read. A hint: it may change at once.</summary>
    public bool IsInMemory(Offset from)
    {
        Offset start = cache.Start;
        return from >= EndOffset || from < StartOffset || (!start.IsNone && from >= start);
    }

    /// <summary>Null when a segment was retired under the read: look again.</summary>
    private LogRead? ReadFromDisk(Offset from, Offset limit, int maxBytes)
    {
        Segment[] list = Volatile.Read(ref segments);
        for (int index = FindSegment(list, from); index < list.Length; index++)
        {
            Segment segment = list[index];
            if (!segment.TryAcquire())
            {
                return null;
            }

            try
            {
                LogRead read = ReadSegment(segment, from, limit, maxBytes);
                bool isBehindLastBatch = read.Error is null && read.Slices.Count == 0 && index + 1 < list.Length && list[index + 1].BaseOffset < limit;
                if (!isBehindLastBatch)
                {
                    return read;
                }

                if (list[index + 1].BaseOffset > from && !MayHaveGaps(segment))
                {
                    return Corrupt(segment, from, segment.Size); // its end is missing; a hole is never skipped
                }

                from = Offset.Max(from, list[index + 1].BaseOffset); // compaction left a gap at the end of this segment
            }
            finally
            {
                segment.Release();
            }
        }

        return LogRead.Nothing(from);
    }

    private LogRead ReadSegment(Segment segment, Offset from, Offset limit, int maxBytes)
    {
        long size = segment.Size;
        if (FindCorruption(segment, from) is CorruptRange damage)
        {
            return Corrupt(segment, from, damage.StartPosition);
        }

        long position = Math.Max(segment.FloorPosition(from), ResumePosition(segment, from));
        int wanted = (int)Math.Min((long)maxBytes + ReadSlackBytes, size - position);
        if (wanted <= 0)
        {
            return LogRead.Nothing(from);
        }

        SharedBuffer buffer = SharedBuffer.Rent(wanted);
        try
        {
            buffer.Truncate(segment.File.Read(position, buffer.Span));
            BatchRun run = new(buffer.Span, position, size, from, limit, maxBytes, MayHaveGaps(segment));
            long resume = ResumePosition(segment, from);
            bool isMisled = run.Status == RunStatus.Bad && position > resume; // by a stale index entry, or the batch is damaged: walk and see
            if (run.Status == RunStatus.NeedsMore || isMisled)
            {
                buffer.Release();
                buffer = SharedBuffer.Rent(0);
                return ReadFarther(segment, isMisled ? resume : run.NeededAt, from, limit, maxBytes);
            }

            return Finish(segment, ref buffer, position, run, from);
        }
        finally
        {
            buffer.Release();
        }
    }

    /// <summary>The wanted batch begins behind the bytes read, or is larger than they are: find it by its headers, then read it whole.</summary>
    private LogRead ReadFarther(Segment segment, long position, Offset from, Offset limit, int maxBytes)
    {
        long size = segment.Size;
        long start = position;
        Span<byte> header = stackalloc byte[RecordBatchLayout.HeaderSize];
        while (true)
        {
            if (position >= size)
            {
                return LogRead.Nothing(from);
            }

            if (segment.File.Read(position, header) != header.Length || !BatchScanner.TryMeasure(header, size - position, out int batchSize))
            {
                return Corrupt(segment, from, position);
            }

            RecordBatchHeader view = new(header);
            if (view.NextOffset > from)
            {
                SharedBuffer buffer = SharedBuffer.Rent((int)Math.Min(Math.Max(batchSize, maxBytes), size - position));
                try
                {
                    buffer.Truncate(segment.File.Read(position, buffer.Span));
                    BatchRun run = new(buffer.Span, position, size, from, limit, maxBytes, MayHaveGaps(segment));
                    return run.Status == RunStatus.NeedsMore ? Corrupt(segment, from, position) : Finish(segment, ref buffer, position, run, from);
                }
                finally
                {
                    buffer.Release();
                }
            }

            position += batchSize;
            if (position - start > MaxWalkBytes && start >= 0)
            {
                segment.RebuildIndexes(options.IndexIntervalBytes);
                position = Math.Max(position, segment.FloorPosition(from));
                start = long.MinValue / 2; // once is enough
            }
        }
    }

    private LogRead Finish(Segment segment, ref SharedBuffer buffer, long position, in BatchRun run, Offset from)
    {
        if (run.Status == RunStatus.Bad)
        {
            return Corrupt(segment, from, position + run.BadAt);
        }

        int length = run.Length;
        Offset next = run.Next;
        if (length > 0 && !segment.Verified.Contains(position + run.Start, position + run.Start + length))
        {
            length = Verify(buffer.Span.Slice(run.Start, length), ref next);
            segment.Verified.Add(position + run.Start, position + run.Start + length);
            if (length == 0)
            {
                return Corrupt(segment, from, position + run.Start);
            }
        }

        return length == 0 ? LogRead.Nothing(from) : new LogRead(null, [new BufferSlice(buffer.Retain(), run.Start, length)], next);
    }

    /// <summary>Bytes of the sound batches at the beginning; <paramref name="next"/> follows when that is not all.</summary>
    private static int Verify(ReadOnlySpan<byte> batches, ref Offset next)
    {
        int at = 0;
        while (at < batches.Length)
        {
            RecordBatchHeader header = new(batches[at..]);
            int size = (int)header.TotalSize;
            if (!BatchScanner.HasValidCrc(batches.Slice(at, size)))
            {
                next = header.BaseOffset;
                return at;
            }

            at += size;
        }

        return at;
    }

    /// <summary>
    /// Notes that what is stored at an offset is not what was written there, for <see cref="DamagedAt"/>. The lowest one known counts; those above are found when that one is
    /// mended. Any thread.
    /// </summary>
    public void NoteDamage(Offset at)
    {
        long known = Volatile.Read(ref damageFoundAt);
        while (known < 0 || at.Value < known)
        {
            long before = Interlocked.CompareExchange(ref damageFoundAt, at.Value, known);
            if (before == known)
            {
                return;
            }

            known = before;
        }
    }

    private LogRead Corrupt(Segment segment, Offset from, long position) => LogRead.Failed(
        ErrorCode.CorruptLog,
        $"offset {from}: damaged bytes at position {position} of {directory.Path}/{SegmentName.Of(segment.BaseOffset, SegmentName.Log)}",
        from);

    /// <summary>Only compaction may leave gaps between batches; anywhere else a gap is damage.</summary>
    private bool MayHaveGaps(Segment segment) => segment.BaseOffset < GapsBelow;

    private CorruptRange? FindCorruption(Segment segment, Offset from)
    {
        foreach (CorruptRange range in Volatile.Read(ref corruptRanges))
        {
            if (range.SegmentBase == segment.BaseOffset && range.Start <= from && from < range.End)
            {
                return range;
            }
        }

        return null;
    }

    /// <summary>Behind a known damaged range the walk begins at its end, because nothing can walk through it.</summary>
    private long ResumePosition(Segment segment, Offset from)
    {
        long position = 0;
        foreach (CorruptRange range in Volatile.Read(ref corruptRanges))
        {
            if (range.SegmentBase == segment.BaseOffset && range.End <= from)
            {
                position = Math.Max(position, range.EndPosition);
            }
        }

        return position;
    }

    /// <summary>Index of the segment with the largest base offset not above <paramref name="offset"/>.</summary>
    private static int FindSegment(Segment[] list, Offset offset)
    {
        int low = 0;
        int high = list.Length - 1;
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            if (list[middle].BaseOffset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
