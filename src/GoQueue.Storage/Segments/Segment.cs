using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Segments;

/// <summary>
/// One segment: the batches from its base offset up to the next segment's. The log owns one reference; every reader takes one for the time of
/// its read, and the last one closes the files. A retired segment's files may already be deleted: open handles outlive their names.
/// </summary>
internal sealed class Segment
{
    private const string New = ".new" + FramedFile.TemporarySuffix; // not the name of one that another replica sends

    private readonly LogFolder directory;
    private readonly Lock gate = new();
    private SegmentFile? file;
    private int references = 1;
    private long size;
    private long flushedSize;
    private SpareSegment? offeredTo;
    private long checksum = -1;
    private bool isUnfitToShip;
    private long scrubbedAt = UnixMillis.None.Value;

    public Segment(LogFolder directory, Offset baseOffset, long size, SegmentFile? file, SparseIndex offsets, SparseIndex times)
    {
        this.directory = directory;
        BaseOffset = baseOffset;
        this.size = size;
        this.file = file;
        Offsets = offsets;
        Times = times;
    }

    public Offset BaseOffset { get; }

    public SparseIndex Offsets { get; private set; }

    public SparseIndex Times { get; private set; }

    public VerifiedRanges Verified { get; } = new();

    /// <summary>Valid bytes; what follows them in the file is reserved room.</summary>
    public long Size
    {
        get => Volatile.Read(ref size);
        set => Volatile.Write(ref size, value);
    }

    /// <summary>Bytes that are on the device, of the active segment: the end of a batch, at most <see cref="Size"/>. Written by the writer, read by the scrub.</summary>
    public long FlushedSize
    {
        get => Volatile.Read(ref flushedSize);
        set => Volatile.Write(ref flushedSize, value);
    }

    /// <summary>Base offset of the next segment; none while this is the active one. Set before the segment list is published.</summary>
    public Offset End { get; set; } = Offset.None;

    /// <summary>Writer only: length of the file with the reserved room. While this is the active segment the file is never shorter, unless something else cut it.</summary>
    public long ReservedSize { get; set; }

    /// <summary>Writer only: when the first batch came in; none while empty.</summary>
    public UnixMillis CreatedAt { get; set; } = UnixMillis.None;

    /// <summary>When all of it was last read from the device and verified; as of one that was written since the log was opened: when it was begun.</summary>
    public UnixMillis ScrubbedAt
    {
        get => Volatile.Read(ref scrubbedAt) is var seen && seen != UnixMillis.None.Value ? new UnixMillis(seen) : CreatedAt;
        set => Volatile.Write(ref scrubbedAt, value.Value);
    }

    /// <summary>Writer only: the largest timestamp in it; none while unknown or empty. See <see cref="FindLargestTimestamp"/>.</summary>
    public UnixMillis LargestTimestamp { get; set; } = UnixMillis.None;

    /// <summary>CRC-32C of all of a sealed segment, once somebody asked for it; null before. A cut takes it back.</summary>
    public uint? Checksum
    {
        get => Volatile.Read(ref checksum) is var seen && seen < 0 ? null : (uint)seen;
        set => Volatile.Write(ref checksum, value is { } known ? known : -1);
    }

    /// <summary>Found damaged when it was to be described: others get it batch by batch, as far as it is sound.</summary>
    public bool IsUnfitToShip
    {
        get => Volatile.Read(ref isUnfitToShip);
        set => Volatile.Write(ref isUnfitToShip, value);
    }

    /// <summary>The log file. Only for the writer and for holders of a reference.</summary>
    public SegmentFile File
    {
        get
        {
            lock (gate)
            {
                return file ??= SegmentFile.Open(directory, BaseOffset);
            }
        }
    }

    /// <summary>
    /// Creates the files of a new empty segment, from the spare when there is one; durable when it returns. Its indexes begin as large as those of
    /// <paramref name="previous"/> became, so that they need not grow step by step.
    /// </summary>
    public static Segment Create(LogFolder directory, Offset baseOffset, SpareSegment? spare = null, Segment? previous = null)
    {
        string name = SegmentName.Of(baseOffset, SegmentName.Log);
        string temporaryName = name + New;
        directory.Delete(SegmentName.Of(baseOffset, SegmentName.OffsetIndex)); // leftovers of a segment that was truncated away
        directory.Delete(SegmentName.Of(baseOffset, SegmentName.TimeIndex));
        directory.Delete(temporaryName);
        SegmentFile created = SegmentFile.Create(directory, temporaryName, baseOffset, isThere: spare?.TryTake(temporaryName) == true);
        try
        {
            created.Flush(); // the header before the name: see SegmentHeader
            directory.Rename(temporaryName, name);
            directory.Sync();
        }
        catch
        {
            created.Dispose();
            throw;
        }

        return new Segment(directory, baseOffset, 0, created, NewIndex(directory, baseOffset, isTime: false, previous?.Offsets.Count ?? 0), NewIndex(directory, baseOffset, isTime: true, previous?.Times.Count ?? 0))
        {
            ReservedSize = created.Length,
        };
    }

    /// <summary>A segment found at start that is complete; files are opened when first needed.</summary>
    /// <param name="fileLength">Bytes of the file, the header included.</param>
    public static Segment Sealed(LogFolder directory, Offset baseOffset, long fileLength) => new(
        directory,
        baseOffset,
        Math.Max(0, fileLength - SegmentHeader.Size),
        null,
        SparseIndex.OnDisk(directory, SegmentName.Of(baseOffset, SegmentName.OffsetIndex), FileKind.OffsetIndex, baseOffset),
        SparseIndex.OnDisk(directory, SegmentName.Of(baseOffset, SegmentName.TimeIndex), FileKind.TimeIndex, baseOffset));

    public static SparseIndex NewIndex(LogFolder directory, Offset baseOffset, bool isTime, int expectedEntries = 0) => SparseIndex.InMemory(
        directory,
        SegmentName.Of(baseOffset, isTime ? SegmentName.TimeIndex : SegmentName.OffsetIndex),
        isTime ? FileKind.TimeIndex : FileKind.OffsetIndex,
        baseOffset,
        expectedEntries);

    /// <summary>A reader's reference; false when the segment was retired meanwhile.</summary>
    public bool TryAcquire()
    {
        int seen = Volatile.Read(ref references);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Gives a reference up; the last one closes the files.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref references) > 0)
        {
            return;
        }

        lock (gate)
        {
            file?.Dispose();
            file = null;
        }

        GiveUpFile();
        Offsets.Dispose();
        Times.Dispose();
    }

    private void GiveUpFile()
    {
        if (offeredTo is null)
        {
            return;
        }

        string name = SegmentName.Of(BaseOffset, SegmentName.Log) + SegmentName.Deleted;
        try
        {
            if (!offeredTo.Offer(name))
            {
                directory.Delete(name);
            }
        }
        catch (IOException)
        {
            // The name ends in the mark of deleted files: the next start sweeps it.
        }
    }

    /// <summary>Writer only: notes a batch that is about to stand at <paramref name="position"/>.</summary>
    public void Index(in RecordBatchHeader header, long position, ref long bytesSinceEntry, int intervalBytes)
    {
        if (header.MaxTimestamp > LargestTimestamp)
        {
            LargestTimestamp = header.MaxTimestamp;
        }

        if (position == 0 || bytesSinceEntry >= intervalBytes)
        {
            bytesSinceEntry = 0;
            Offsets.Add(header.BaseOffset.Value, (int)position);
            AddTime(header.BaseOffset);
        }

        bytesSinceEntry += header.TotalSize;
    }

    /// <summary>
    /// Writer only: "no record before this batch is later than the largest timestamp so far". Records of the batch itself may be in the
    /// maximum; a look-up for a time above it starts at this batch.
    /// </summary>
    public void AddTime(Offset offset)
    {
        if (!LargestTimestamp.IsNone && offset - BaseOffset <= int.MaxValue)
        {
            Times.Add(LargestTimestamp.Value, (int)(offset - BaseOffset));
        }
    }

    /// <summary>Finds where to start looking for <paramref name="offset"/>: the position of a batch that does not begin behind it.</summary>
    public long FloorPosition(Offset offset) => Offsets.TryFloor(offset.Value, out IndexEntry entry) && entry.Value < Size ? entry.Value : 0;

    /// <summary>
    /// The largest timestamp of a sealed segment, as the last entry of a complete time index says, which points to the segment's end.
    /// False when the index is damaged or cut.
    /// </summary>
    public bool TryLastTime(out UnixMillis largest)
    {
        bool isComplete = !End.IsNone && Times.TryLast(out IndexEntry last) && last.Value == End - BaseOffset;
        largest = isComplete && Times.TryLast(out last) ? new UnixMillis(last.Key) : UnixMillis.None;
        return isComplete;
    }

    /// <summary>Writer only: the largest timestamp in the segment, from its batches when the time index does not know.</summary>
    public UnixMillis FindLargestTimestamp(int intervalBytes)
    {
        if (LargestTimestamp.IsNone && Size > 0)
        {
            if (!TryLastTime(out UnixMillis largest))
            {
                RebuildIndexes(intervalBytes);
                _ = TryLastTime(out largest);
            }

            LargestTimestamp = largest;
        }

        return LargestTimestamp;
    }

    /// <summary>
    /// Writer only: takes the files' names away for good. The first rename, made durable, is the decision; readers that hold the segment go
    /// on with their open handles.
    /// </summary>
    /// <param name="spare">Takes the log file, once nobody reads it any more, as the makings of the next segment.</param>
    public void DeleteFiles(SpareSegment? spare = null)
    {
        string name = SegmentName.Of(BaseOffset, SegmentName.Log);
        Pin();
        directory.Rename(name, name + SegmentName.Deleted);
        directory.Sync();
        if (spare is null)
        {
            directory.Delete(name + SegmentName.Deleted);
        }
        else
        {
            offeredTo = spare;
        }

        directory.Delete(SegmentName.Of(BaseOffset, SegmentName.OffsetIndex));
        directory.Delete(SegmentName.Of(BaseOffset, SegmentName.TimeIndex));
    }

    /// <summary>
    /// Writer only, before the names go or get other content: opens what is not open yet, so that a reader that holds the segment but has
    /// not read yet finds this segment's files and no others.
    /// </summary>
    public void Pin()
    {
        _ = File;
        Offsets.Pin();
        Times.Pin();
    }

    /// <summary>Replaces damaged or missing indexes by ones rebuilt in memory from the batches.</summary>
    public void RebuildIndexes(int intervalBytes)
    {
        SparseIndex offsets = NewIndex(directory, BaseOffset, isTime: false);
        SparseIndex times = NewIndex(directory, BaseOffset, isTime: true);
        UnixMillis largest = UnixMillis.None;
        long sinceEntry = intervalBytes;
        using BatchScanner scanner = new(File, 0, Size, isVerifying: false);
        while (scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
        {
            RecordBatchHeader header = new(batch);
            largest = new UnixMillis(Math.Max(largest.Value, header.MaxTimestamp.Value));
            if (sinceEntry >= intervalBytes)
            {
                sinceEntry = 0;
                offsets.Add(header.BaseOffset.Value, (int)scanner.Position);
                times.Add(largest.Value, (int)(header.BaseOffset - BaseOffset));
            }

            sinceEntry += batch.Length;
            scanner.Advance(batch.Length);
        }

        if (!End.IsNone)
        {
            times.Add(largest.Value, (int)(End - BaseOffset));
        }

        lock (gate)
        {
            Offsets.Dispose();
            Times.Dispose();
            Offsets = offsets;
            Times = times;
        }
    }
}
