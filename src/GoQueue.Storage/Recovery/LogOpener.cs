using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Recovery;

/// <summary>
/// Opens the files of a partition log. After a clean stop nothing is scanned. Otherwise everything from the flush checkpoint on is verified:
/// a batch is accepted only at exactly the next offset, with a valid checksum and a leader epoch that does not go back.
/// </summary>
internal sealed partial class LogOpener
{
    private readonly LogFolder directory;
    private readonly PartitionLogOptions options;
    private readonly UnixMillis now;
    private readonly List<CorruptRange> corruptRanges = [];
    private readonly List<Segment> segments = [];
    private readonly HashSet<Segment> foreign = [];
    private LeaderEpochs epochs = null!;
    private CleanerState cleaner = CleanerState.Empty;
    private long truncatedBytes;
    private long scannedBytes;
    private int scannedSegments;

    private LogOpener(LogFolder directory, PartitionLogOptions options, UnixMillis now)
    {
        this.directory = directory;
        this.options = options;
        this.now = now;
    }

    public static RecoveredLog Open(LogFolder directory, PartitionLogOptions options, UnixMillis now) =>
        new LogOpener(directory, options, now).Run();

    private RecoveredLog Run()
    {
        RefuseOlder();
        CleanerSwap.FinishInterrupted(directory);
        Sweep();
        epochs = LeaderEpochs.Load(directory, out bool hasLostEpochs);
        cleaner = CleanerState.Load(directory);
        CheckpointEntry? marker = CleanMarker.TryRead(directory);
        FlushCheckpoint checkpoint = FlushCheckpoint.Open(directory);
        Truncation.FinishInterrupted(directory, checkpoint, epochs);
        ListSegments();
        MarkForeign();
        if (segments.Count == 0 && checkpoint.Newest is null)
        {
            segments.Add(Segment.Create(directory, options.FirstOffset));
            return Result(checkpoint, options.FirstOffset, wasClean: true, hasMarker: false);
        }

        if (marker is CheckpointEntry end && IsTrue(end))
        {
            AppendPreparation.Run(segments[^1], end.Position, options, now);
            RebuildEpochsWhen(hasLostEpochs);
            return Result(checkpoint, end.End, wasClean: true, hasMarker: true);
        }

        Offset recovered = Recover(checkpoint, hasLostEpochs);
        return Result(checkpoint, recovered, wasClean: false, hasMarker: false);
    }

    private RecoveredLog Result(FlushCheckpoint checkpoint, Offset end, bool wasClean, bool hasMarker) => new(
        [.. segments], end, checkpoint, epochs, cleaner, hasMarker, new LogRecovery(wasClean, truncatedBytes, scannedSegments, scannedBytes, corruptRanges));

    /// <summary>Removes what an interrupted replacement or deletion left; all of it was given up before.</summary>
    private void Sweep()
    {
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && (entry.Name.EndsWith(SegmentName.Deleted, StringComparison.Ordinal)
                || entry.Name.EndsWith(FramedFile.TemporarySuffix, StringComparison.Ordinal) || IsOrphan(entry.Name)))
            {
                directory.Delete(entry.Name);
            }
        }
    }

    /// <summary>An index whose segment is gone; a later segment of the same name must not find it.</summary>
    private bool IsOrphan(string name) =>
        (SegmentName.TryParse(name, SegmentName.OffsetIndex, out Offset baseOffset) || SegmentName.TryParse(name, SegmentName.TimeIndex, out baseOffset))
        && !directory.Exists(SegmentName.Of(baseOffset, SegmentName.Log));

    private void ListSegments()
    {
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && SegmentName.TryParse(entry.Name, SegmentName.Log, out Offset baseOffset))
            {
                if (segments.Count > 0)
                {
                    segments[^1].End = baseOffset;
                }

                segments.Add(Segment.Sealed(directory, baseOffset, entry.Length));
            }
        }
    }

    /// <summary>The marker counts only when the files are as long as it says.</summary>
    private bool IsTrue(CheckpointEntry end) =>
        segments.Count > 0 && segments[^1].BaseOffset == end.SegmentBase && segments[^1].Size == end.Position && !foreign.Contains(segments[^1]);

    private Offset Recover(FlushCheckpoint checkpoint, bool hasLostEpochs)
    {
        directory.Delete(CleanMarker.FileName); // untrue; the sync below makes it durable before the log changes
        CheckpointEntry from = StartOfScan(checkpoint.Newest);
        Offset end = Scan(from);
        Offset known = checkpoint.Newest?.End ?? Offset.Zero;
        if (segments.Count > 0 && foreign.Contains(segments[^1]))
        {
            end = SkipForeign(Offset.Max(known, CommittedEndFile.Load(directory)));
        }
        else if (known > end || segments.Count == 0)
        {
            SkipLost(end, known);
            end = known;
        }
        else
        {
            CutAndFlush(segments[^1], from);
        }

        RebuildEpochsWhen(hasLostEpochs);
        epochs.TruncateTo(end);
        StateFiles.DeleteAbove(directory, end);
        directory.Sync();
        checkpoint.Write(new CheckpointEntry(end, segments[^1].BaseOffset, segments[^1].Size, options.UnflushedWindowBytes));
        return end;
    }

    /// <summary>
    /// Data that was flushed is gone from the end. The log keeps its length, so that its offsets never get other content: the hole is marked,
    /// what is left of the segment stays, and a new segment begins behind the hole.
    /// </summary>
    private void SkipLost(Offset end, Offset next)
    {
        if (segments.Count > 0)
        {
            Segment last = segments[^1];
            last.File.Flush();
            last.End = next;
            MarkCorrupt(new CorruptRange(end, next, last.BaseOffset, last.Size, last.Size));
        }

        segments.Add(Segment.Create(directory, next));
    }

    /// <summary>The checkpoint when it fits the files found, else the start of the first segment.</summary>
    private CheckpointEntry StartOfScan(CheckpointEntry? newest)
    {
        if (newest is CheckpointEntry entry
            && segments.Find(segment => segment.BaseOffset == entry.SegmentBase) is Segment found && (found.Size >= entry.Position || found == segments[^1]))
        {
            // A last segment that is shorter has lost something: all of it gets verified. Those before it were complete when the checkpoint came into it.
            return found.Size >= entry.Position ? entry : entry with { End = found.BaseOffset, Position = 0 };
        }

        // Without a checkpoint nothing is known to be flushed; with one that points behind the data, something is lost. Both times all
        // that is there gets verified.
        Offset start = segments.Count > 0 ? segments[0].BaseOffset : newest!.Value.End;
        return new CheckpointEntry(start, start, 0, newest?.UnflushedWindow ?? options.UnflushedWindowBytes);
    }

    private Offset Scan(CheckpointEntry from)
    {
        Offset expected = from.End;
        for (int index = segments.FindIndex(segment => segment.BaseOffset == from.SegmentBase); index >= 0 && index < segments.Count; index++)
        {
            Segment segment = segments[index];
            if (segment.BaseOffset > expected && segment.BaseOffset > cleaner.GapsBelow)
            {
                Segment before = segments[index - 1];
                MarkCorrupt(new CorruptRange(expected, segment.BaseOffset, before.BaseOffset, before.Size, before.Size));
            }

            expected = Offset.Max(expected, segment.BaseOffset);
            if (foreign.Contains(segment))
            {
                expected = Offset.Max(expected, segment.End);
                continue;
            }

            long position = segment.BaseOffset == from.SegmentBase ? from.Position : 0;
            bool isLast = index == segments.Count - 1;
            if (isLast)
            {
                AppendPreparation.Run(segment, position, options, now);
            }

            expected = ScanSegment(segment, position, expected, isLast ? Offset.None : segments[index + 1].BaseOffset, from.UnflushedWindow);
            if (!isLast)
            {
                FinishSeal(segment, position);
            }
        }

        return expected;
    }

    /// <summary>
    /// What a roll does beside the writer and a crash interrupted. All its records had been flushed before the next segment appeared; the reserved room behind
    /// them goes, and the indexes are made again.
    /// </summary>
    private void FinishSeal(Segment segment, long position)
    {
        if (segment.File.Length != segment.Size)
        {
            segment.File.SetLength(segment.Size);
        }

        WriteAgain(segment, position);
        segment.File.Flush();
        segment.RebuildIndexes(options.IndexIntervalBytes);
        foreach (SparseIndex index in new[] { segment.Offsets, segment.Times })
        {
            index.CutFile();
            index.SaveDurably();
            index.Unload();
        }
    }

    /// <summary>Verifies one segment from a position on; returns the next expected offset. Sets the segment's size to its sound end, or to the end of the file when a damaged range reaches that far.</summary>
    private Offset ScanSegment(Segment segment, long position, Offset expected, Offset nextBase, int window)
    {
        bool isLast = nextBase.IsNone;
        bool isWhole = false; // a sealed segment that was walked to where the next one begins
        long limit = segment.File.Length;
        long sinceEntry = 0;
        LeaderEpoch epoch = expected.Value == 0 ? LeaderEpoch.None : epochs.EpochAt(new Offset(expected.Value - 1));
        scannedSegments++;
        using BatchScanner scanner = new(segment.File, position, limit, isVerifying: true);
        while (true)
        {
            ScanStatus status = scanner.Peek(out ReadOnlySpan<byte> batch);
            if (status == ScanStatus.Batch)
            {
                RecordBatchHeader header = new(batch);
                bool mayHaveGap = segment.BaseOffset < cleaner.GapsBelow;
                if ((header.BaseOffset == expected || (mayHaveGap && header.BaseOffset > expected)) && header.LeaderEpoch >= epoch)
                {
                    Accept(segment, header, scanner.Position, isLast, ref sinceEntry);
                    epoch = header.LeaderEpoch;
                    expected = header.NextOffset;
                    scanner.Advance(batch.Length);
                    scannedBytes += batch.Length;
                    continue;
                }
            }

            if (scanner.Position >= limit || (!isLast && expected == nextBase))
            {
                isWhole = !isLast && expected == nextBase;
                break;
            }

            long bad = scanner.Position;
            GoodBatch? behind = TornTail.FindBehind(segment.File, bad, limit, expected, epoch);
            if (behind is not GoodBatch good
                || (isLast && TornTail.IsUnwritten(segment.File, bad, good.Position, TornTail.DataEnd(segment.File, good.Position, limit), window)))
            {
                if (isLast)
                {
                    truncatedBytes += TornTail.DataEnd(segment.File, bad, limit) - bad;
                    break;
                }

                MarkCorrupt(new CorruptRange(expected, nextBase, segment.BaseOffset, bad, limit));
                expected = nextBase;
                break;
            }

            MarkCorrupt(new CorruptRange(expected, good.BaseOffset, segment.BaseOffset, bad, good.Position));
            expected = good.BaseOffset;
            scanner.Advance((int)(good.Position - bad));
        }

        if (isLast || isWhole)
        {
            segment.Size = scanner.Position;
        }

        return expected;
    }

    private void Accept(Segment segment, in RecordBatchHeader header, long position, bool isLast, ref long sinceEntry)
    {
        if (header.LeaderEpoch > epochs.Latest || epochs.EpochAt(header.BaseOffset) < header.LeaderEpoch)
        {
            epochs.Assign(header.LeaderEpoch, header.BaseOffset);
        }

        if (isLast)
        {
            segment.Index(header, position, ref sinceEntry, options.IndexIntervalBytes);
        }
    }

    private void CutAndFlush(Segment last, CheckpointEntry from)
    {
        if (last.File.Length != last.Size)
        {
            last.File.SetLength(last.Size);
        }

        WriteAgain(last, last.BaseOffset == from.SegmentBase ? from.Position : 0);
        last.File.Flush(); // what was read here may have been in memory only
        last.ReservedSize = last.Size;
        if (last.Size > 0 && last.CreatedAt.IsNone)
        {
            last.CreatedAt = now;
        }
    }

    /// <summary>
    /// After a failed flush Linux counts the pages as clean: they can be read back and are not on the device, and a flush alone would not bring them there. Whether
    /// one failed cannot be known for certain by the process that comes after, so what lies behind the checkpoint is always written again; that is no more than
    /// what was just read.
    /// </summary>
    private static void WriteAgain(Segment last, long position)
    {
        using SharedBuffer buffer = SharedBuffer.Rent(1024 * 1024);
        while (position < last.Size)
        {
            Span<byte> chunk = buffer.Span[..(int)Math.Min(buffer.Length, last.Size - position)];
            Invariant.Check(last.File.Read(position, chunk) == chunk.Length, "the scanned part of a segment is there");
            last.File.Write(position, chunk);
            position += chunk.Length;
        }
    }

    /// <summary>A lost epoch list is told again by the batch headers.</summary>
    private void RebuildEpochsWhen(bool hasLostEpochs)
    {
        if (!hasLostEpochs)
        {
            return;
        }

        foreach (Segment segment in segments)
        {
            using BatchScanner scanner = new(segment.File, 0, segment.Size, isVerifying: false);
            while (scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
            {
                RecordBatchHeader header = new(batch);
                if (header.LeaderEpoch > epochs.Latest)
                {
                    epochs.Assign(header.LeaderEpoch, header.BaseOffset);
                }

                scanner.Advance(batch.Length);
            }
        }
    }

    private void MarkCorrupt(CorruptRange range)
    {
        if (range.End > range.Start)
        {
            corruptRanges.Add(range);
        }
    }
}
