using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Recovery;

/// <summary>
/// Truncation as one recoverable step (semantics E8). Order: intent; cleaner state and epochs cut; checkpoint lowered; later segments deleted, newest first; the
/// segment cut and flushed; snapshots cut; intent removed. Each step can be repeated, and opening repeats all of them while the intent stands. What needs room on
/// the disk comes first, so that a full one refuses the whole of it and not the half.
/// </summary>
internal static class Truncation
{
    public const string FileName = "truncate";

    /// <summary>Writes the intent and all else that needs room. What it changes beside the intent is true of the longer log as well, but for the epochs, which come last.</summary>
    /// <param name="end">What the log is to be cut to.</param>
    /// <param name="cut">Where the log will end: at most <paramref name="end"/>.</param>
    /// <exception cref="DiskFullException">Nothing changed.</exception>
    public static void Begin(LogFolder directory, LeaderEpochs epochs, Offset end, Offset cut)
    {
        WriteIntent(directory, end);
        try
        {
            CutCleanerState(directory, cut); // alone it costs another pass of compaction
            epochs.TruncateTo(cut);
        }
        catch (DiskFullException)
        {
            directory.Delete(FileName);
            directory.Sync();
            throw;
        }
    }

    internal static void WriteIntent(LogFolder directory, Offset end)
    {
        Span<byte> payload = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(payload, end.Value);
        FramedFile.Replace(directory, FileName, FileKind.TruncateIntent, payload);
    }

    private static void CutCleanerState(LogFolder directory, Offset end)
    {
        CleanerState cleaner = CleanerState.Load(directory);
        if (cleaner.CleanedUpTo > end)
        {
            cleaner.TruncateTo(end).Store(directory);
        }
    }

    /// <summary>The position of the first batch that reaches beyond <paramref name="end"/>, and the offset it begins at.</summary>
    public static (long Position, Offset End) FindCut(ILogFile file, long from, long size, Offset baseOffset, Offset end)
    {
        Offset next = from == 0 ? baseOffset : Offset.None;
        using BatchScanner scanner = new(file, from, size, isVerifying: false);
        while (scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
        {
            RecordBatchHeader header = new(batch);
            if (header.NextOffset > end)
            {
                // The batch goes whole. Behind a gap that compaction left the log ends at the wanted offset, else where the batch began.
                return (scanner.Position, Offset.Min(header.BaseOffset, end));
            }

            next = header.NextOffset;
            scanner.Advance(batch.Length);
        }

        return (scanner.Position, next.IsNone ? end : Offset.Min(next, end));
    }

    /// <summary>The last steps: what speaks of dropped records goes, then the intent.</summary>
    public static void Finish(LogFolder directory, LeaderEpochs epochs, Offset end)
    {
        CutCleanerState(directory, end);
        epochs.TruncateTo(end);
        if (CommittedEndFile.Load(directory) > end)
        {
            CommittedEndFile.Forget(directory);
        }

        if (LogStartFile.Load(directory).Promised > end)
        {
            LogStartFile.Forget(directory);
        }

        StateFiles.DeleteAbove(directory, end);
        directory.Sync();
        directory.Delete(FileName);
        directory.Sync();
    }

    /// <summary>At start, before anything is judged: repeats a truncation that a crash interrupted.</summary>
    public static void FinishInterrupted(LogFolder directory, FlushCheckpoint checkpoint, LeaderEpochs epochs)
    {
        if (FramedFile.TryRead(directory, FileName, FileKind.TruncateIntent) is not { Length: sizeof(long) } payload)
        {
            return;
        }

        Offset end = new(BinaryPrimitives.ReadInt64BigEndian(payload));
        List<Segment> found = [];
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (SegmentName.TryParse(entry.Name, SegmentName.Log, out Offset baseOffset))
            {
                found.Add(Segment.Sealed(directory, baseOffset, entry.Length));
            }
        }

        int target = found.FindLastIndex(segment => segment.BaseOffset <= end);
        if (target >= 0)
        {
            Segment cut = found[target];
            (long position, Offset newEnd) = FindCut(cut.File, 0, cut.Size, cut.BaseOffset, end);
            if (checkpoint.Newest is CheckpointEntry newest && newest.End > newEnd)
            {
                checkpoint.Write(newest with { End = newEnd, SegmentBase = cut.BaseOffset, Position = position });
            }

            for (int last = found.Count - 1; last > target; last--)
            {
                found[last].DeleteFiles();
            }

            cut.File.SetLength(position);
            cut.File.Flush();
            end = newEnd;
        }

        found.ForEach(segment => segment.Release());
        Finish(directory, epochs, end);
    }
}
