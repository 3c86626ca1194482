using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;
using GoQueue.Storage.Shipping;

namespace GoQueue.Storage;

/// <content>Whole sealed segments given to other replicas, and taken from them (ADR 0014).</content>
public sealed partial class PartitionLog
{
    /// <summary>
    /// How many sealed segments a replica whose log ends at <paramref name="end"/> could take whole: 0 unless one begins exactly there that has data and is not
    /// known to be damaged. Any thread.
    /// </summary>
    public int CountSealedFrom(Offset end)
    {
        Segment[] list = Volatile.Read(ref segments);
        int first = FindSegment(list, end);
        Segment candidate = list[first];
        bool isFit = candidate.BaseOffset == end && !candidate.End.IsNone && candidate.Size > 0 && !candidate.IsUnfitToShip
            && !HasDamage(end);
        return isFit ? list.Length - 1 - first : 0;
    }

    /// <summary>
    /// Describes the sealed segment that begins at <paramref name="baseOffset"/>. The first time it is read and every batch of it verified, so this blocks on the
    /// disk; a damaged one is not offered again. Any thread. Codes: PreconditionFailed when there is none, CorruptLog.
    /// </summary>
    public Result<SealedSegment> DescribeSealed(Offset baseOffset)
    {
        if (AcquireSealed(baseOffset) is not { } segment)
        {
            return NoSuchSegment(baseOffset);
        }

        try
        {
            if (segment.Checksum is not { } checksum)
            {
                if (!TryChecksum(segment, out checksum))
                {
                    segment.IsUnfitToShip = true;
                    return new Error(ErrorCode.CorruptLog, $"the segment at {baseOffset} of {directory.Path} has damaged bytes");
                }

                segment.Checksum = checksum;
            }

            return new SealedSegment(segment.BaseOffset, segment.End, segment.Size, checksum);
        }
        finally
        {
            segment.Release();
        }
    }

    /// <summary>
    /// Bytes of a sealed segment from <paramref name="position"/> on. Any thread. Codes: PreconditionFailed when the log no longer has exactly this segment:
    /// it was retired or compacted since it was described; OffsetOutOfRange for a position outside of it.
    /// </summary>
    /// <param name="maxBytes">Bound; at least 1.</param>
    public Result<SharedBuffer> ReadSealed(in SealedSegment wanted, long position, int maxBytes)
    {
        Invariant.Check(maxBytes > 0, "a read asks for bytes");
        if (AcquireSealed(wanted.BaseOffset) is not { } segment)
        {
            return NoSuchSegment(wanted.BaseOffset);
        }

        try
        {
            // A segment that nobody described since this process started has no checksum yet; its size and end tell it from a compacted one.
            bool isSame = segment.Size == wanted.SizeBytes && segment.End == wanted.EndOffset && (segment.Checksum is null || segment.Checksum == wanted.Checksum);
            if (!isSame)
            {
                return NoSuchSegment(wanted.BaseOffset);
            }

            if (position < 0 || position >= wanted.SizeBytes)
            {
                return new Error(ErrorCode.OffsetOutOfRange, $"the segment has {wanted.SizeBytes} bytes, {position} is not one of them");
            }

            SharedBuffer bytes = SharedBuffer.Rent((int)Math.Min(maxBytes, wanted.SizeBytes - position));
            int read = segment.File.Read(position, bytes.Span);
            if (read != bytes.Length)
            {
                bytes.Release();
                return new Error(ErrorCode.CorruptLog, $"the segment at {wanted.BaseOffset} of {directory.Path} ends at {position + read}, not at {wanted.SizeBytes}");
            }

            return bytes;
        }
        finally
        {
            segment.Release();
        }
    }

    /// <summary>
    /// Makes a file for a segment that another replica sends, with its room reserved. Any thread; at most one at a time. The name is a temporary one: what a
    /// crash leaves of it is removed by the next open.
    /// </summary>
    /// <exception cref="DiskFullException">No room; nothing is left behind.</exception>
    public IncomingSegment BeginIncoming(in SealedSegment segment) => new(directory, segment, options.IndexIntervalBytes);

    /// <summary>
    /// Takes over a segment that was received whole and verified: it becomes the last one, and everything in it is durable, read and counted from now on. The
    /// order: the segment before it is flushed; gaps and epochs are noted; the file gets its name and the directory is synced; then the rest of a roll.
    /// A crash in between leaves this log with or without the segment, never with half of it. Writer only.
    /// </summary>
    /// <param name="incoming">Received to its end (<see cref="IncomingSegment.Complete"/>), beginning at <see cref="EndOffset"/>. It belongs to the log if this returns.</param>
    /// <param name="now">Wall-clock time, for rolling by age.</param>
    /// <exception cref="DiskFullException">No room: the log is as it was.</exception>
    /// <exception cref="IOException">The disk failed; <see cref="IsFailed"/> is true from now on.</exception>
    public void Adopt(IncomingSegment incoming, UnixMillis now)
    {
        CheckUsable();
        Invariant.Check(incoming.IsComplete, "a segment is adopted when it is there and verified");
        Invariant.Check(incoming.Described.BaseOffset == EndOffset, "a segment is adopted at the end of the log", EndOffset.Value, incoming.Described.BaseOffset.Value);
        RequireRollFinished();
        try
        {
            RemoveCleanMarker();
            Segment sealing = Active;
            if (unflushedBytes > 0)
            {
                FlushActive();
            }

            NoteWhatComes(incoming);
            bool isReplaced = sealing.BaseOffset == incoming.Described.BaseOffset; // it is empty
            Segment adopted = incoming.TakeName(now);
            adopted.FlushedSize = adopted.Size;
            Offset end = incoming.Described.EndOffset;
            if (!isReplaced)
            {
                sealing.AddTime(EndOffset);
                sealing.End = adopted.BaseOffset;
            }

            bytesSinceIndexEntry = 0;
            cache.TruncateTo(Offset.Zero);
            Volatile.Write(ref segments, isReplaced ? [.. segments[..^1], adopted] : [.. segments, adopted]);
            Volatile.Write(ref endOffset, end.Value);
            Volatile.Write(ref flushedOffset, end.Value);
            if (isReplaced)
            {
                sealing.Release();
            }
            else
            {
                Volatile.Write(ref unsealed, sealing);
                FinishRoll();
            }

            if (Volatile.Read(ref unsealed) is null)
            {
                WriteCheckpoint();
            }
        }
        catch (IOException cause) when (cause is not DiskFullException)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>Durable before the segment is: recovery takes a gap that is not noted for damage. Noted for nothing, neither does harm.</summary>
    private void NoteWhatComes(IncomingSegment incoming)
    {
        Epochs.DropContradicting(incoming.Epochs[0].Epoch, EndOffset);
        Invariant.Check(incoming.Epochs[0].Epoch >= Epochs.Latest, "leader epochs do not go back in a log", Epochs.Latest.Value, incoming.Epochs[0].Epoch.Value);
        if (incoming.HasGaps && incoming.Described.EndOffset > GapsBelow)
        {
            (CleanerState.Load(directory) with { GapsBelow = incoming.Described.EndOffset }).Store(directory);
            NoteGaps(incoming.Described.EndOffset);
        }

        foreach (EpochStart epoch in incoming.Epochs)
        {
            if (epoch.Epoch > Epochs.Latest)
            {
                Epochs.Assign(epoch.Epoch, epoch.StartOffset);
            }
        }
    }

    private bool HasDamage(Offset segmentBase)
    {
        foreach (CorruptRange range in Volatile.Read(ref corruptRanges))
        {
            if (range.SegmentBase == segmentBase)
            {
                return true;
            }
        }

        return false;
    }

    private Segment? AcquireSealed(Offset baseOffset)
    {
        Segment[] list = Volatile.Read(ref segments);
        Segment found = list[FindSegment(list, baseOffset)];
        return found.BaseOffset == baseOffset && !found.End.IsNone && found.Size > 0 && found.TryAcquire() ? found : null;
    }

    private Error NoSuchSegment(Offset baseOffset) => new(ErrorCode.PreconditionFailed, $"{directory.Path} has no such sealed segment at {baseOffset} now");

    private static bool TryChecksum(Segment segment, out uint checksum)
    {
        checksum = Crc32C.Compute([]);
        using BatchScanner scanner = new(segment.File, 0, segment.Size, isVerifying: true);
        while (scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
        {
            checksum = Crc32C.Append(checksum, batch);
            scanner.Advance(batch.Length);
        }

        return scanner.Position == segment.Size;
    }
}
