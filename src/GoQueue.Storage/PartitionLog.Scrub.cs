using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>
/// The scrub: sealed segments are read from the device and verified although nobody asks for them, so that damage is found while other replicas still are sound.
/// What it finds is treated as what a reader finds (<see cref="DamagedAt"/>).
/// </content>
public sealed partial class PartitionLog
{
    /// <summary>How far a scan may read ahead of the batch it looks at.</summary>
    private const int ScanChunkBytes = 1 << 20;

    /// <summary>
    /// The oldest sealed segment that was not verified from its device for so long; null when there is none. A segment found at the opening counts as never
    /// verified; one with known damage is left alone. Any thread.
    /// </summary>
    /// <param name="interval">Time after which a segment is due again.</param>
    public ScrubPosition? NextToScrub(UnixMillis now, TimeSpan interval)
    {
        foreach (Segment segment in Volatile.Read(ref segments))
        {
            UnixMillis last = segment.ScrubbedAt;
            bool isDue = last.IsNone || now.Value - last.Value >= interval.TotalMilliseconds;
            if (!segment.End.IsNone && segment.Size > 0 && segment != Volatile.Read(ref unsealed) && isDue && !HasDamage(segment.BaseOffset))
            {
                return new ScrubPosition(segment.BaseOffset, 0, segment.BaseOffset);
            }
        }

        return null;
    }

    /// <summary>
    /// Verifies the next batches of a segment: structure, checksums, order. Reads what is on the device, and leaves nothing of it in the system's cache. Blocks on the
    /// disk. Any thread, one scrub at a time.
    /// </summary>
    /// <param name="from">Of <see cref="NextToScrub"/>, or what the step before returned.</param>
    /// <param name="maxBytes">About how much to read; one batch at least.</param>
    /// <param name="now">Wall-clock time, for when the segment is due again.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public ScrubStep Scrub(in ScrubPosition from, int maxBytes, UnixMillis now)
    {
        Invariant.Check(maxBytes > 0, "a scrub reads bytes");
        int seenTruncations = Truncations;
        if (AcquireSealed(from.Segment) is not { } segment)
        {
            return new ScrubStep(null, 0, IsDamaged: false); // retired or cut meanwhile
        }

        try
        {
            long size = segment.Size;
            Offset end = segment.End;
            long limit = Math.Min(size, from.Position + maxBytes);
            segment.File.Forget(from.Position, maxBytes + ScanChunkBytes);
            ScrubPosition reached = Verify(segment, from, limit, size);
            segment.File.Forget(from.Position, reached.Position - from.Position + ScanChunkBytes);
            int bytes = (int)Math.Min(reached.Position - from.Position, int.MaxValue);
            bool isDone = reached.Position >= size;
            bool isSound = isDone ? reached.Next == end || (reached.Next < end && MayHaveGaps(segment)) : reached.Position >= limit;
            if (Truncations != seenTruncations || seenTruncations % 2 != 0)
            {
                return new ScrubStep(null, bytes, IsDamaged: false); // what was read may have been cut under the scan
            }

            if (!isSound)
            {
                NoteDamage(Offset.Max(Offset.Min(reached.Next, new Offset(end.Value - 1)), from.Segment));
            }

            if (isDone || !isSound)
            {
                segment.ScrubbedAt = now;
            }

            return new ScrubStep(isDone || !isSound ? null : reached, bytes, !isSound);
        }
        finally
        {
            segment.Release();
        }
    }

    /// <summary>Walks batches up to the one that reaches the limit; ends earlier where something is wrong.</summary>
    private ScrubPosition Verify(Segment segment, in ScrubPosition from, long limit, long size)
    {
        Offset next = from.Next;
        using BatchScanner scanner = new(segment.File, from.Position, size, isVerifying: true, ScanChunkBytes);
        while (scanner.Position < limit && scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
        {
            RecordBatchHeader header = new(batch);
            bool follows = header.BaseOffset == next || (header.BaseOffset > next && MayHaveGaps(segment));
            if (!follows)
            {
                break;
            }

            next = header.NextOffset;
            scanner.Advance(batch.Length);
        }

        return new ScrubPosition(from.Segment, scanner.Position, next);
    }
}
