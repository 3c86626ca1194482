using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Recovery;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>Retention, truncation and deletion: the writer's rarer tasks.</content>
public sealed partial class PartitionLog
{
    /// <summary>What this replica noted as promised; at least <see cref="StartOffset"/>, at most <see cref="EndOffset"/>. Writer only.</summary>
    public Offset PromisedStart => Offset.Max(StartOffset, Offset.Min(logStart.Promised, EndOffset));

    /// <summary>Where the partition begins, as far as was noted; at least <see cref="StartOffset"/>, at most <see cref="EndOffset"/>. Writer only.</summary>
    public Offset ToldStart => Offset.Max(StartOffset, Offset.Min(logStart.Told, EndOffset));

    /// <summary>Writer only: notes both durably. Nothing is written when nothing is new.</summary>
    /// <exception cref="DiskFullException">No room; the older ones still stand.</exception>
    /// <exception cref="IOException">The disk failed; <see cref="IsFailed"/> is true from now on.</exception>
    public void NoteStart(Offset promised, Offset told)
    {
        CheckUsable();
        if (promised <= PromisedStart && told <= ToldStart)
        {
            return;
        }

        LogStartFile next = new(Offset.Max(promised, logStart.Promised), Offset.Max(told, logStart.Told));
        try
        {
            next.Store(directory);
            logStart = next;
        }
        catch (IOException cause) when (cause is not DiskFullException)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>
    /// Where the log would begin without what has expired (see <see cref="ApplyRetention"/>). An active segment that is wholly expired counts too. Writer only; changes nothing.
    /// </summary>
    public Offset FindExpired(long retentionMillis, long retentionBytes, Offset notBeyond, UnixMillis now)
    {
        CheckUsable();
        Segment active = Active;
        int expired = CountExpired(retentionMillis, retentionBytes, notBeyond, now);
        bool isAll = expired == segments.Length - 1 && active.Size > 0 && EndOffset <= notBeyond && IsExpired(active, retentionMillis, now);
        return isAll ? EndOffset : segments[expired].BaseOffset;
    }

    /// <summary>
    /// As <see cref="FindExpired"/>, but an active segment that is wholly expired is sealed first, if there is room, so that what comes later does not keep its file. Removes nothing.
    /// </summary>
    /// <exception cref="IOException">The disk failed; <see cref="IsFailed"/> is true from now on.</exception>
    public Offset SealExpired(long retentionMillis, long retentionBytes, Offset notBeyond, UnixMillis now)
    {
        CheckUsable();
        try
        {
            SealActiveIfExpired(retentionMillis, notBeyond, now);
            return segments[CountExpired(retentionMillis, retentionBytes, notBeyond, now)].BaseOffset;
        }
        catch (IOException cause) when (cause is not DiskFullException)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>Whether <see cref="DeleteBelow"/> would remove something. Writer only; changes nothing.</summary>
    public bool HasSegmentsBelow(Offset start)
    {
        CheckUsable();
        return segments.Length > 1 ? segments[1].BaseOffset <= start : Active.Size > 0 && EndOffset <= start;
    }

    /// <summary>Deletes the segments that end at or before <paramref name="start"/>. An active segment that does is sealed first.</summary>
    /// <returns>The start offset after it.</returns>
    public Offset DeleteBelow(Offset start)
    {
        CheckUsable();
        try
        {
            if (Active.Size > 0 && EndOffset <= start)
            {
                SealIfThereIsRoom();
            }

            FinishRoll();
            int count = 0;
            while (count < segments.Length - 1 && segments[count + 1].BaseOffset <= start && segments[count] != unsealed)
            {
                count++;
            }

            DeleteOldest(count);
            return StartOffset;
        }
        catch (IOException cause) when (cause is not DiskFullException)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>
    /// Deletes whole sealed segments from the start: those whose newest record is older than <paramref name="retentionMillis"/>, and those
    /// without which the log still has <paramref name="retentionBytes"/>. An active segment that is wholly expired is sealed first.
    /// </summary>
    /// <param name="retentionMillis">Milliseconds of record time; negative keeps for ever.</param>
    /// <param name="retentionBytes">Bytes; negative keeps any size.</param>
    /// <param name="notBeyond">The new start is never above it (high watermark, pending schedules).</param>
    /// <param name="now">Wall-clock time.</param>
    /// <returns>The start offset after it.</returns>
    public Offset ApplyRetention(long retentionMillis, long retentionBytes, Offset notBeyond, UnixMillis now)
    {
        CheckUsable();
        try
        {
            SealActiveIfExpired(retentionMillis, notBeyond, now);
            DeleteOldest(CountExpired(retentionMillis, retentionBytes, notBeyond, now));
            return StartOffset;
        }
        catch (IOException cause) when (cause is not DiskFullException)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>
    /// Drops everything from <paramref name="end"/> on, together with the epochs, snapshots and index entries that speak of it (semantics E8).
    /// A batch that holds <paramref name="end"/> in its middle goes whole. One recoverable step: an intent is written first, and opening
    /// finishes what a crash interrupted.
    /// </summary>
    /// <exception cref="DiskFullException">No room for the intent; the log is as it was.</exception>
    /// <exception cref="IOException">The disk failed; <see cref="IsFailed"/> is true from now on.</exception>
    public void TruncateTo(Offset end)
    {
        CheckUsable();
        Invariant.Check(end >= StartOffset, "a log is not truncated below its start", StartOffset.Value, end.Value);
        if (end >= EndOffset)
        {
            return;
        }

        Flush();
        RequireRollFinished();
        try
        {
            RemoveCleanMarker();
            Segment target = segments[FindSegment(segments, end)];
            RequireWhole(target); // cutting a file that is shorter would fill it up with zeros
            (long position, Offset cut) = Truncation.FindCut(target.File, target.FloorPosition(end), target.Size, target.BaseOffset, end);
            Truncation.Begin(directory, Epochs, end, cut);
            Interlocked.Increment(ref truncations);
            TruncateFiles(target, position, cut);
            Interlocked.Increment(ref truncations);
        }
        catch (IOException cause) when (cause is not DiskFullException || truncations % 2 == 1)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>
    /// Writes a copy of everything from <paramref name="from"/> on into <c>lost-{from}-{end}.batches</c> beside the segments, for people: recovery never looks at it.
    /// Called before a truncation takes away what was committed once. Durable when it returns; without room there is no copy.
    /// </summary>
    /// <returns>The name of the file, or null when there was no room.</returns>
    public string? KeepCopy(Offset from)
    {
        string name = $"lost-{from}-{EndOffset}.batches";
        try
        {
            directory.Delete(name);
            using ILogFile copy = directory.Create(name);
            long position = 0;
            while (from < EndOffset)
            {
                LogRead read = Read(from, EndOffset, 1 << 20);
                if (read.Error is not null || read.Slices.Count == 0)
                {
                    break;
                }

                foreach (BufferSlice slice in read.Slices)
                {
                    copy.Write(position, [slice.Memory]);
                    position += slice.Length;
                    slice.Buffer.Release();
                }

                from = read.NextOffset;
            }

            copy.Flush();
            directory.Sync();
            return name;
        }
        catch (DiskFullException)
        {
            directory.Delete(name);
            return null;
        }
    }

    /// <summary>Deletes the log in <paramref name="name"/>: renamed durably first, so that an interrupted deletion is finished by <see cref="SweepDeleted"/>.</summary>
    public static void Delete(ILogDirectory parent, string name)
    {
        if (!parent.Exists(name))
        {
            return;
        }

        string tombstone = name + SegmentName.Deleted;
        parent.DeleteSubdirectory(tombstone);
        parent.Rename(name, tombstone);
        parent.Sync();
        parent.DeleteSubdirectory(tombstone);
    }

    /// <summary>At start: finishes interrupted deletions of logs in <paramref name="parent"/>.</summary>
    public static void SweepDeleted(ILogDirectory parent)
    {
        foreach (LogDirectoryEntry entry in parent.List())
        {
            if (entry.IsDirectory && entry.Name.EndsWith(SegmentName.Deleted, StringComparison.Ordinal))
            {
                parent.DeleteSubdirectory(entry.Name);
            }
        }
    }

    private void SealActiveIfExpired(long retentionMillis, Offset notBeyond, UnixMillis now)
    {
        Segment active = Active;
        if (active.Size > 0 && EndOffset <= notBeyond && IsExpired(active, retentionMillis, now))
        {
            SealIfThereIsRoom();
        }

        FinishRoll();
    }

    private void DeleteOldest(int count)
    {
        for (int index = 0; index < count; index++)
        {
            // One by one from the start, each durable, so that a crash leaves no hole.
            Segment oldest = segments[0];
            Volatile.Write(ref segments, segments[1..]);
            oldest.DeleteFiles(options.RecycleSegments ? spare : null);
            oldest.Release();
        }

        if (count > 0)
        {
            Epochs.RaiseStart(StartOffset);
        }
    }

    /// <summary>Without room for another segment the expired one stays; those before it go all the same, and make some.</summary>
    private void SealIfThereIsRoom()
    {
        try
        {
            RemoveCleanMarker();
            Roll();
        }
        catch (DiskFullException)
        {
            // the next round tries again
        }
    }

    private void TruncateFiles(Segment target, long position, Offset newEnd)
    {
        int index = Array.IndexOf(segments, target);
        Segment[] dropped = segments[(index + 1)..];
        Volatile.Write(ref endOffset, newEnd.Value);
        Volatile.Write(ref flushedOffset, newEnd.Value);
        cache.TruncateTo(newEnd);
        Volatile.Write(ref segments, segments[..(index + 1)]);
        checkpoint.Write(new CheckpointEntry(newEnd, target.BaseOffset, position, options.UnflushedWindowBytes));
        Volatile.Write(ref checkpointedSegment, target.BaseOffset.Value);
        for (int last = dropped.Length - 1; last >= 0; last--)
        {
            dropped[last].DeleteFiles();
            dropped[last].Release();
        }

        target.Verified.Clear();
        target.Checksum = null;
        target.End = Offset.None;
        target.Size = position;
        target.FlushedSize = position;
        target.File.SetLength(position);
        target.File.Flush();
        AppendPreparation.Run(target, position, options, UnixMillis.None);
        bytesSinceIndexEntry = options.IndexIntervalBytes;
        flushedSinceCheckpoint = 0;
        corruptRanges = Array.FindAll(corruptRanges, range => range.Start < newEnd);
        Truncation.Finish(directory, Epochs, newEnd);
        Volatile.Write(ref committedEnd, CommittedEndFile.Load(directory).Value);
        logStart = LogStartFile.Load(directory);
    }

    private int CountExpired(long retentionMillis, long retentionBytes, Offset notBeyond, UnixMillis now)
    {
        long size = SizeBytes;
        int expired = 0;
        while (expired < segments.Length - 1 && segments[expired + 1].BaseOffset <= notBeyond && segments[expired] != unsealed)
        {
            Segment oldest = segments[expired];
            bool isSpare = retentionBytes >= 0 && size - oldest.Size >= retentionBytes;
            if (!isSpare && !IsExpired(oldest, retentionMillis, now))
            {
                break;
            }

            size -= oldest.Size;
            expired++;
        }

        return expired;
    }

    private bool IsExpired(Segment segment, long retentionMillis, UnixMillis now) =>
        retentionMillis >= 0 && now.Value - segment.FindLargestTimestamp(options.IndexIntervalBytes).Value > retentionMillis;
}
