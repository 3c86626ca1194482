using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>Look-up by time.</content>
public sealed partial class PartitionLog
{
    private const int LookUpChunkBytes = 64 * 1024;

    /// <summary>
    /// The first offset whose record has a timestamp at or after <paramref name="time"/> (semantics X1); <see cref="Offset.None"/> when there is
    /// none below <paramref name="upTo"/>. Records stamped out of order are found too: the index gives a lower bound, from which the
    /// batches are walked. State records are passed over.
    /// </summary>
    /// <param name="from">Nothing before it is looked at.</param>
    public Result<Offset> OffsetForTime(UnixMillis time, Offset upTo, Offset from = default)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            int seenTruncations = Volatile.Read(ref truncations);
            Offset limit = Offset.Min(upTo, EndOffset);
            Result<Offset>? found = FindTime(Volatile.Read(ref segments), time, from, limit);
            if (found is Result<Offset> answer && Volatile.Read(ref truncations) == seenTruncations && seenTruncations % 2 == 0)
            {
                return answer;
            }

            Thread.Yield();
        }

        return new Error(ErrorCode.OffsetNotAvailable, $"the log changed under every attempt to look up time {time}");
    }

    private Result<Offset>? FindTime(Segment[] list, UnixMillis time, Offset from, Offset limit)
    {
        for (int index = 0; index < list.Length && list[index].BaseOffset < limit; index++)
        {
            Segment segment = list[index];
            if (index + 1 < list.Length && list[index + 1].BaseOffset <= from)
            {
                continue;
            }

            if (!segment.TryAcquire())
            {
                return null; // retired meanwhile: look again
            }

            try
            {
                if (segment.TryLastTime(out UnixMillis largest) && largest < time)
                {
                    continue;
                }

                Result<Offset> found = FindTimeIn(segment, time, from, limit);
                if (!found.IsOk || !found.Value.IsNone)
                {
                    return found;
                }
            }
            finally
            {
                segment.Release();
            }
        }

        return (Result<Offset>)Offset.None;
    }

    private Result<Offset> FindTimeIn(Segment segment, UnixMillis time, Offset from, Offset limit)
    {
        long position = 0;
        if (segment.Times.TryFloor(time.Value - 1, out IndexEntry entry))
        {
            position = segment.FloorPosition(segment.BaseOffset + entry.Value);
        }

        using BatchScanner scanner = new(segment.File, position, segment.Size, isVerifying: false, LookUpChunkBytes);
        while (true)
        {
            ScanStatus status = scanner.Peek(out ReadOnlySpan<byte> batch);
            if (status != ScanStatus.Batch)
            {
                return status == ScanStatus.End && scanner.Position >= segment.Size
                    ? Offset.None
                    : new Error(ErrorCode.CorruptLog, $"damaged bytes at position {scanner.Position} of segment {segment.BaseOffset} in {directory.Path}");
            }

            RecordBatchHeader header = new(batch);
            if (header.BaseOffset >= limit)
            {
                return Offset.None;
            }

            if (header.MaxTimestamp >= time && header.NextOffset > from && header.RecordCount > 0 && !header.IsControl)
            {
                Result<Offset> found = FindTimeIn(batch, time);
                if (!found.IsOk || !found.Value.IsNone)
                {
                    return found.IsOk && found.Value >= limit ? Offset.None : found;
                }
            }

            scanner.Advance(batch.Length);
        }
    }

    private static Result<Offset> FindTimeIn(ReadOnlySpan<byte> batch, UnixMillis time)
    {
        if (!BatchScanner.HasValidCrc(batch))
        {
            return new Error(ErrorCode.CorruptLog, $"the batch at offset {new RecordBatchHeader(batch).BaseOffset} has a wrong checksum");
        }

        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
        if (error is Error refused)
        {
            // Stored long ago under other limits: its first record is the best lower bound there is.
            return refused.Code == ErrorCode.DecompressionTooLarge ? new RecordBatchHeader(batch).BaseOffset : refused;
        }

        foreach (Record record in reader)
        {
            if (record.Timestamp >= time)
            {
                return record.Offset;
            }
        }

        return Offset.None;
    }
}
