using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Cleaning;

/// <summary>
/// One pass of compaction: first every batch header (for the last batch of each producer) and the keys of the dirty part, then the copying,
/// group of segments by group.
/// </summary>
internal sealed class Pass : IDisposable
{
    private readonly PartitionLog log;
    private readonly LogCleanerOptions options;
    private readonly Segment[] segments;
    private readonly UnixMillis now;
    private readonly KeyMap keys;
    private readonly Dictionary<ProducerId, Offset> lastBatches = [];
    private readonly Segment[] mapped;
    private CleanerState state;
    private RecordRetention? retention;
    private CompactedSegmentWriter? writer;
    private BatchScanner? scanner;
    private Offset mappedUpTo;
    private bool isMapFull;
    private readonly int seenTruncations;
    private long scanLimit;
    private int index;

    public Pass(PartitionLog log, LogCleanerOptions options, CleanerState state, Segment[] segments, UnixMillis now)
    {
        this.log = log;
        this.options = options;
        this.state = state;
        this.segments = segments;
        this.now = now;
        seenTruncations = log.Truncations;
        keys = new KeyMap(options.MaxKeys);
        mapped = log.AllSegments();
        mappedUpTo = segments[^1].End;
    }

    /// <summary>The writer's turn: a compacted file waits for its swap, or the pass is complete.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>After completion: the key map was full before everything was mapped.</summary>
    public bool HasMore { get; private set; }

    public Error? Problem { get; private set; }

    public CleanerStatus Work(long budgetBytes)
    {
        while (budgetBytes > 0)
        {
            if (IsWaiting)
            {
                return CleanerStatus.ReadyToSwap;
            }

            bool isGoingOn = retention is null ? Map(ref budgetBytes) : Copy(ref budgetBytes);
            if (Problem is not null)
            {
                return CleanerStatus.Blocked;
            }

            if (!isGoingOn)
            {
                return CleanerStatus.Idle;
            }
        }

        return IsWaiting ? CleanerStatus.ReadyToSwap : CleanerStatus.Working;
    }

    /// <summary>The writer's part. False when the pass is over.</summary>
    /// <exception cref="Directories.DiskFullException">The log is as it was.</exception>
    public bool TrySwap()
    {
        IsWaiting = false;
        if (log.Truncations != seenTruncations)
        {
            return false; // what was copied may have been cut
        }

        if (writer is null)
        {
            Complete();
            return false;
        }

        // A record is left out because a later one of its key is committed. That must be known after a restart too: a log that takes less for committed
        // would show, up to there, neither of the two.
        log.RequireCommitted(mappedUpTo);
        NoteGaps();
        if (!log.TrySwap(writer))
        {
            return false;
        }

        writer.Dispose();
        writer = null;
        return true;
    }

    public void Dispose()
    {
        EndSegment();
        retention?.Dispose();
        writer?.Dispose();
    }

    /// <summary>Walks all batches, the active segment's too, because the last batch of a producer may be there.</summary>
    private bool Map(ref long budget)
    {
        if (index == mapped.Length)
        {
            retention = new RecordRetention(
                keys, lastBatches, log.Epochs.Entries, mappedUpTo, state.TombstonesGoBelow(now, options.TombstoneMillis), new UnixMillis(now.Value - options.EmptyBatchMillis));
            index = 0;
            return true;
        }

        Segment segment = mapped[index];
        bool isActive = segment.End.IsNone;
        if (!BeginSegment(segment, isVerifying: !isActive))
        {
            return false;
        }

        ScanStatus status = scanner!.Peek(out ReadOnlySpan<byte> batch);
        if (status != ScanStatus.Batch)
        {
            return NextSegment(segment, status, ref budget);
        }

        RecordBatchHeader header = new(batch);
        NoteProducer(header);
        bool isDirty = header.BaseOffset < mappedUpTo && header.NextOffset > state.CleanedUpTo && !header.IsControl;
        if (isDirty && keys.IsFull)
        {
            mappedUpTo = header.BaseOffset; // the rest is for the next pass
            isMapFull = true;
        }
        else if (isDirty && !MapKeys(batch))
        {
            return false;
        }

        budget -= batch.Length;
        scanner.Advance(batch.Length);
        return true;
    }

    private bool MapKeys(ReadOnlySpan<byte> batch)
    {
        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
        if (error is not null)
        {
            Problem = error;
            return false;
        }

        foreach (Record record in reader)
        {
            if (!record.KeyIsNull && record.Offset >= state.CleanedUpTo)
            {
                keys.Put(record.Key, record.Offset);
            }
        }

        return true;
    }

    private void NoteProducer(in RecordBatchHeader header)
    {
        if (!header.ProducerId.IsNone && (lastBatches.Count < options.MaxProducers || lastBatches.ContainsKey(header.ProducerId)))
        {
            lastBatches[header.ProducerId] = header.BaseOffset;
        }
    }

    private bool Copy(ref long budget)
    {
        if (index == segments.Length || segments[index].BaseOffset >= mappedUpTo)
        {
            EndGroup();
            IsWaiting = true; // for the swap, or for the completion
            return true;
        }

        Segment segment = segments[index];
        if (scanner is null && writer is not null && !FitsGroup(segment))
        {
            EndGroup();
            return true;
        }

        if (!BeginSegment(segment, isVerifying: true))
        {
            return false;
        }

        if (writer is null || writer.Sources is [] || writer.Sources[^1] != segment)
        {
            writer ??= new CompactedSegmentWriter(log.Directory, segment.BaseOffset, log.IndexIntervalBytes);
            writer.Sources.Add(segment);
        }

        ScanStatus status = scanner!.Peek(out ReadOnlySpan<byte> batch);
        if (status != ScanStatus.Batch)
        {
            return NextSegment(segment, status, ref budget);
        }

        if (!retention!.Filter(batch).TryGet(out SharedBuffer? kept, out Error error))
        {
            Problem = error;
            return false;
        }

        if (kept is not null)
        {
            writer.Add(kept.Span);
            kept.Release();
        }

        budget -= batch.Length;
        scanner.Advance(batch.Length);
        return true;
    }

    /// <summary>A single segment that lost nothing needs no swap.</summary>
    private void EndGroup()
    {
        if (writer is { Sources: [Segment only] } && writer.Size == only.Size)
        {
            writer.Dispose();
            writer = null;
        }

        IsWaiting = writer is not null;
    }

    /// <summary>Durable before the first swap: from now on there may be gaps below the mapped offset.</summary>
    private void NoteGaps()
    {
        if (state.GapsBelow < mappedUpTo)
        {
            state = state with { GapsBelow = mappedUpTo };
            state.Store(log.Directory);
            log.NoteGaps(mappedUpTo);
        }
    }

    /// <summary>Small compacted segments are merged, up to the size and offset range of one.</summary>
    private bool FitsGroup(Segment segment) =>
        writer!.Size + segment.Size <= log.SegmentBytes && segment.End - writer.BaseOffset <= int.MaxValue;

    private bool BeginSegment(Segment segment, bool isVerifying)
    {
        if (scanner is not null)
        {
            return true;
        }

        if (!segment.TryAcquire())
        {
            return false; // retired meanwhile: give the pass up
        }

        scanLimit = segment.Size;
        scanner = new BatchScanner(segment.File, 0, scanLimit, isVerifying);
        return true;
    }

    private bool NextSegment(Segment segment, ScanStatus status, ref long budget)
    {
        if (status == ScanStatus.Bad || scanner!.Position < scanLimit)
        {
            if (log.Truncations != seenTruncations)
            {
                return false; // cut under the scan, not damaged
            }

            Problem = new Error(ErrorCode.CorruptLog, $"compaction stopped at position {scanner!.Position} of segment {segment.BaseOffset} in {log.Directory.Path}: damaged bytes");
            return false;
        }

        EndSegment();
        budget--;
        index++;
        return true;
    }

    private void EndSegment()
    {
        if (scanner is not null)
        {
            scanner.Dispose();
            scanner = null;
            (retention is null ? mapped : segments)[index].Release();
        }
    }

    private void Complete()
    {
        HasMore = isMapFull;
        state = state.WithPass(mappedUpTo, now, retention!.HasKeptTombstone || isMapFull, options.TombstoneMillis);
        state.Store(log.Directory);
    }
}
