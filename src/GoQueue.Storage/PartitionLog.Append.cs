using System.Runtime.InteropServices;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Recovery;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>Append, flush, roll and checkpoint: the writer's part.</content>
public sealed partial class PartitionLog
{
    private const int FirstReserveBytes = 64 * 1024;

    private readonly List<ReadOnlyMemory<byte>> writeVector = [];
    private readonly List<BufferSlice> appending = [];
    private bool hasCleanMarker;
    private long bytesSinceIndexEntry;
    private long unflushedBytes;
    private long flushedSinceCheckpoint;

    /// <summary>
    /// Appends whole stamped batches, consecutive from <see cref="EndOffset"/>, with one vectored write (several only when they do not fit
    /// one segment or the unflushed window). Takes its own references for the tail cache. Readers see the batches when it returns; they
    /// are durable after the next <see cref="Flush"/>.
    /// </summary>
    /// <param name="batches">At least one; each buffer is one batch with base offset and leader epoch set.</param>
    /// <param name="now">Wall-clock time, for rolling by age.</param>
    /// <exception cref="DiskFullException">No room: nothing was appended by the failing write, the log goes on when there is room again.</exception>
    /// <exception cref="DamagedLogException">The file was cut short by something else; <see cref="IsFailed"/> is true from now on.</exception>
    /// <exception cref="IOException">The disk failed; <see cref="IsFailed"/> is true from now on.</exception>
    public void Append(ReadOnlySpan<SharedBuffer> batches, UnixMillis now)
    {
        CheckUsable();
        appending.Clear();
        foreach (SharedBuffer batch in batches)
        {
            appending.Add(new BufferSlice(batch, 0, batch.Length));
        }

        CheckSequence(EndOffset, mayHaveGaps: false);
        Append(now);
    }

    /// <summary>
    /// Appends what a leader sent: whole batches one after the other, stamped by leaders, from <see cref="EndOffset"/> on. Gaps are those of a leader's
    /// compaction. E5: epochs noted at the end of this log without a record give way to what the batches say. Takes its own references.
    /// </summary>
    /// <param name="run">Checked by the caller: structure, checksums, offsets and epochs that do not go back.</param>
    /// <param name="now">Wall-clock time, for rolling by age.</param>
    /// <exception cref="DiskFullException">No room: nothing was appended by the failing write.</exception>
    /// <exception cref="IOException">The disk failed; <see cref="IsFailed"/> is true from now on.</exception>
    public void AppendReplicated(BufferSlice run, UnixMillis now)
    {
        CheckUsable();
        appending.Clear();
        bool hasGaps = false;
        Offset expected = EndOffset;
        for (int at = 0; at < run.Length;)
        {
            RecordBatchHeader header = new(run.Span[at..]);
            hasGaps |= header.BaseOffset > expected;
            expected = header.NextOffset;
            appending.Add(new BufferSlice(run.Buffer, run.Start + at, (int)header.TotalSize));
            at += (int)header.TotalSize;
        }

        Epochs.DropContradicting(new RecordBatchHeader(run.Span).LeaderEpoch, EndOffset);
        CheckSequence(EndOffset, mayHaveGaps: true);
        if (hasGaps && expected > GapsBelow)
        {
            // Durable first: recovery takes a gap above this for damage.
            (CleanerState.Load(directory) with { GapsBelow = expected }).Store(directory);
            NoteGaps(expected);
        }

        Append(now);
    }

    /// <summary>
    /// E5, for a log whose every epoch begins with a record: what is appended next is of <paramref name="epoch"/>, so larger epochs that begin at the end have
    /// lost their records to a truncation and go. Durable when it returns.
    /// </summary>
    /// <exception cref="DiskFullException">No room; nothing changed.</exception>
    public void ForgetEpochsAbove(LeaderEpoch epoch)
    {
        CheckUsable();
        Epochs.DropContradicting(epoch, EndOffset);
    }

    private void Append(UnixMillis now)
    {
        ReadOnlySpan<BufferSlice> batches = CollectionsMarshal.AsSpan(appending);
        try
        {
            RemoveCleanMarker();
            while (!batches.IsEmpty)
            {
                int taken = TakeForOneWrite(batches, now);
                Write(batches[..taken], now);
                batches = batches[taken..];
            }
        }
        catch (IOException cause) when (cause is not DiskFullException)
        {
            Fail(cause);
            throw;
        }
        finally
        {
            appending.Clear();
        }
    }

    /// <summary>True when a retired segment waits to be made into the next one: see <see cref="PrepareSpare"/>. Writer only.</summary>
    public bool WantsSpare => options.RecycleSegments && spare.CanPrepare;

    /// <summary>Fills a retired segment with zeros, to become the next one, beside the writer (ADR 0006). Blocks on the disk; failing is harmless.</summary>
    public void PrepareSpare() => spare.Prepare(options.SegmentBytes + SegmentHeader.Size);

    /// <summary>Flushes what was appended; then <see cref="FlushedOffset"/> equals <see cref="EndOffset"/>.</summary>
    /// <exception cref="FlushFailedException">The log has failed for good; what the device holds is unknown.</exception>
    /// <exception cref="DamagedLogException">The file was cut short by something else: nothing more counts as flushed, and the log has failed.</exception>
    public void Flush()
    {
        CheckUsable();
        if (unflushedBytes == 0)
        {
            Volatile.Write(ref flushedOffset, endOffset);
            return;
        }

        try
        {
            FlushActive();
            if (flushedSinceCheckpoint >= options.CheckpointBytes && Volatile.Read(ref unsealed) is null)
            {
                WriteCheckpoint();
            }
        }
        catch (IOException cause)
        {
            Fail(cause);
            throw;
        }
    }

    private void CheckSequence(Offset expected, bool mayHaveGaps)
    {
        LeaderEpoch epoch = Epochs.Latest;
        foreach (BufferSlice batch in CollectionsMarshal.AsSpan(appending))
        {
            RecordBatchHeader header = new(batch.Span);
            Invariant.Check(header.BaseOffset == expected || (mayHaveGaps && header.BaseOffset > expected), "batches are appended at the end of the log", expected.Value, header.BaseOffset.Value);
            Invariant.Check(header.TotalSize == batch.Length, "a buffer holds exactly one batch", batch.Length, header.TotalSize);
            Invariant.Check(header.LastOffsetDelta >= 0, "a batch covers at least one offset", 0, header.LastOffsetDelta);
            Invariant.Check(header.LeaderEpoch.Value >= 0, "batches are stamped with a leader epoch", 0, header.LeaderEpoch.Value);
            Invariant.Check(header.LeaderEpoch >= epoch, "leader epochs do not go back in a log", epoch.Value, header.LeaderEpoch.Value);
            epoch = header.LeaderEpoch;
            expected = header.NextOffset;
        }
    }

    /// <summary>How many batches fit the active segment and the unflushed window, after rolling or flushing to make room for at least one.</summary>
    private int TakeForOneWrite(ReadOnlySpan<BufferSlice> batches, UnixMillis now)
    {
        Segment active = Active;
        Offset last = new RecordBatchHeader(batches[0].Span).LastOffset;
        bool isFull = active.Size + batches[0].Length > options.SegmentBytes || last - active.BaseOffset > int.MaxValue;
        bool isOld = !active.CreatedAt.IsNone && now.Value - active.CreatedAt.Value >= options.SegmentMillis;
        if (active.Size > 0 && (isFull || isOld))
        {
            Roll();
            active = Active;
        }

        if (unflushedBytes > 0 && unflushedBytes + batches[0].Length > options.UnflushedWindowBytes)
        {
            FlushActive();
        }

        int taken = 1;
        long bytes = batches[0].Length;
        while (taken < batches.Length
            && active.Size + bytes + batches[taken].Length <= options.SegmentBytes
            && unflushedBytes + bytes + batches[taken].Length <= options.UnflushedWindowBytes
            && new RecordBatchHeader(batches[taken].Span).LastOffset - active.BaseOffset <= int.MaxValue)
        {
            bytes += batches[taken].Length;
            taken++;
        }

        return taken;
    }

    private void Write(ReadOnlySpan<BufferSlice> batches, UnixMillis now)
    {
        Segment active = Active;
        long bytes = 0;
        writeVector.Clear();
        BufferSlice part = batches[0] with { Length = 0 };
        foreach (BufferSlice batch in batches)
        {
            RecordBatchHeader header = new(batch.Span);
            if (header.LeaderEpoch > Epochs.Latest)
            {
                Epochs.Assign(header.LeaderEpoch, header.BaseOffset);
            }

            bool isNext = batch.Buffer == part.Buffer && batch.Start == part.Start + part.Length; // neighbours in one buffer are one part of the write
            if (!isNext)
            {
                writeVector.Add(part.Memory);
                part = batch with { Length = 0 };
            }

            part = part with { Length = part.Length + batch.Length };
            bytes += batch.Length;
        }

        writeVector.Add(part.Memory);

        RequireWhole(active); // a write beyond the end of a file that was cut would leave a hole of zeros, and nothing would show it
        Reserve(active, active.Size + bytes);
        try
        {
            if (options.WriteThrough)
            {
                active.File.WriteThrough(active.Size, writeVector);
            }
            else
            {
                active.File.Write(active.Size, writeVector);
            }
        }
        catch (DiskFullException)
        {
            // A part may have been written. Cutting it away leaves zeros behind the end again, so that a later, shorter write cannot be
            // followed by what looks like a batch.
            active.File.SetLength(active.Size);
            active.ReservedSize = active.Size;
            throw;
        }

        Publish(active, batches, bytes, now);
    }

    private void Publish(Segment active, ReadOnlySpan<BufferSlice> batches, long bytes, UnixMillis now)
    {
        long position = active.Size;
        if (position == 0)
        {
            active.CreatedAt = now;
            active.Offsets.CreatedAt = now;
            active.Times.CreatedAt = now;
        }

        Offset end = EndOffset;
        foreach (BufferSlice batch in batches)
        {
            RecordBatchHeader header = new(batch.Span);
            active.Index(header, position, ref bytesSinceIndexEntry, options.IndexIntervalBytes);
            position += batch.Length;
            end = header.NextOffset;
            cache.Add(header.BaseOffset, end, batch);
        }

        unflushedBytes += bytes;
        active.Size = position;
        Volatile.Write(ref endOffset, end.Value);
    }

    /// <summary>Extends the file ahead of the writes, in steps that double, so that a small partition stays small.</summary>
    private void Reserve(Segment active, long needed)
    {
        if (options.ReserveBytes == 0 || needed <= active.ReservedSize)
        {
            active.ReservedSize = Math.Max(active.ReservedSize, needed);
            return;
        }

        long grown = Math.Max(active.ReservedSize, segments.Length > 1 ? segments[^2].Size : 0); // what follows a large segment becomes large
        long step = Math.Clamp(grown, Math.Min(FirstReserveBytes, options.ReserveBytes), options.ReserveBytes);
        long target = Math.Max(needed, Math.Min(active.ReservedSize + step, Math.Max(options.SegmentBytes, needed)));
        try
        {
            active.File.Reserve(target);
        }
        catch (DiskFullException) when (target > needed)
        {
            active.File.Reserve(needed); // the last bit of room still serves
            target = needed;
        }

        active.ReservedSize = target;
    }

    private void FlushActive()
    {
        Segment active = Active;
        active.File.Flush();
        RequireWhole(active); // before anything counts as durable
        active.FlushedSize = active.Size;
        flushedSinceCheckpoint += unflushedBytes;
        unflushedBytes = 0;
        Volatile.Write(ref flushedOffset, endOffset);
    }

    /// <summary>
    /// Begins the next segment at the end offset. Order: everything in the old one is flushed before the new name appears, so that only the last segment
    /// found at start can have a torn tail. The rest is done beside the writer: see <see cref="FinishRoll"/>.
    /// </summary>
    private void Roll()
    {
        RequireRollFinished(); // it was long ago, unless the disk is very slow: at most one roll is unfinished
        Segment sealing = Active;
        if (unflushedBytes > 0)
        {
            FlushActive();
        }

        Segment next = Segment.Create(directory, EndOffset, spare, sealing); // may find the disk full; the old one then stays the active one
        sealing.AddTime(EndOffset);
        sealing.End = next.BaseOffset;
        bytesSinceIndexEntry = 0;
        Volatile.Write(ref segments, [.. segments, next]);
        Volatile.Write(ref unsealed, sealing);
    }

    private void WriteCheckpoint()
    {
        Segment active = Active;
        Invariant.Check(unflushedBytes == 0, "only flushed data is checkpointed");
        active.Offsets.TrySave();
        active.Times.TrySave();
        try
        {
            checkpoint.Write(new CheckpointEntry(EndOffset, active.BaseOffset, active.Size, options.UnflushedWindowBytes));
            flushedSinceCheckpoint = 0;
            Volatile.Write(ref checkpointedSegment, active.BaseOffset.Value);
        }
        catch (DiskFullException)
        {
            // Only on file systems that copy on write. The older checkpoint stays true; the next flush tries again.
        }
    }

    /// <summary>Rule 8: the marker is durably gone before the log changes, so that a later crash is not taken for a clean stop.</summary>
    private void RemoveCleanMarker()
    {
        if (hasCleanMarker)
        {
            directory.Delete(CleanMarker.FileName);
            directory.Sync();
            hasCleanMarker = false;
        }
    }

    private void CloseCleanly()
    {
        if (hasCleanMarker)
        {
            return; // untouched since it was opened
        }

        try
        {
            RequireRollFinished();
            Segment active = Active;
            RequireWhole(active); // cutting a file that is shorter would fill it up with zeros
            active.File.SetLength(active.Size);
            active.ReservedSize = active.Size;
            FlushActive();
            WriteCheckpoint();
            CleanMarker.Write(directory, new CheckpointEntry(EndOffset, active.BaseOffset, active.Size, options.UnflushedWindowBytes));
        }
        catch (DiskFullException)
        {
            // No room for the marker: everything is flushed, the next start just verifies the tail.
        }
        catch (DamagedLogException)
        {
            // No marker: the next start looks what is there.
        }
    }
}
