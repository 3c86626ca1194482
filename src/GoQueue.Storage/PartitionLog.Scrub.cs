using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>
/// The scrub: segments are read from the device and verified although nobody asks for them, so that damage is found while other replicas still are sound. Of the one that is being written
/// it reads what was on the device when the pass began. What it finds is treated as what a reader finds (<see cref="DamagedAt"/>).
/// </content>
public sealed partial class PartitionLog
{
    /// <summary>How far a scan may read ahead of the batch it looks at.</summary>
    private const int ScanChunkBytes = 1 << 20;

    /// <summary>
    /// The oldest segment that was not verified from its device for so long; null when there is none. A segment found at the opening counts as never
    /// verified; one with known damage is left alone. Any thread.
    /// </summary>
    /// <param name="interval">Time after which a segment is due again.</param>
    public ScrubPosition? NextToScrub(UnixMillis now, TimeSpan interval)
    {
        int seenTruncations = Truncations;
        foreach (Segment segment in Volatile.Read(ref segments))
        {
            Offset end = segment.End;
            long size = end.IsNone ? segment.FlushedSize : segment.Size;
            UnixMillis last = segment.ScrubbedAt;
            bool isDue = last.IsNone || last > now || now.Value - last.Value >= interval.TotalMilliseconds; // later than now: the clock was set back since
            if (isDue && size > 0 && segment != Volatile.Read(ref unsealed) && seenTruncations % 2 == 0 && !HasDamage(segment.BaseOffset))
            {
                return new ScrubPosition(segment.BaseOffset, 0, segment.BaseOffset) { Pass = new ScrubPass(segment, size, end, seenTruncations) };
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
        Invariant.Check(maxBytes > 0 && from.Pass is not null, "a scrub goes on from where it was, and reads bytes");
        ScrubPass pass = from.Pass!;
        Segment segment = pass.Segment;
        if (Truncations != pass.Truncations || !segment.TryAcquire())
        {
            return new ScrubStep(null, 0, IsDamaged: false); // cut, retired or compacted meanwhile
        }

        try
        {
            long limit = Math.Min(pass.EndPosition, from.Position + maxBytes);
            segment.File.Forget(from.Position, maxBytes + ScanChunkBytes);
            ScrubPosition reached = Verify(from, limit, pass.EndPosition);
            segment.File.Forget(from.Position, reached.Position - from.Position + ScanChunkBytes);
            int bytes = (int)Math.Min(reached.Position - from.Position, int.MaxValue);
            bool isDone = reached.Position >= pass.EndPosition;
            bool isAtEnd = pass.End.IsNone || reached.Next == pass.End || (reached.Next < pass.End && MayHaveGaps(segment));
            bool isSound = isDone ? isAtEnd : reached.Position >= limit;
            if (Truncations != pass.Truncations)
            {
                return new ScrubStep(null, bytes, IsDamaged: false); // what was read may have been cut under the scan
            }

            if (!isSound)
            {
                Offset last = pass.End.IsNone ? reached.Next : new Offset(pass.End.Value - 1);
                NoteDamage(Offset.Max(Offset.Min(reached.Next, last), from.Segment));
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
    private ScrubPosition Verify(in ScrubPosition start, long limit, long size)
    {
        Segment segment = start.Pass!.Segment;
        Offset next = start.Next;
        using BatchScanner scanner = new(segment.File, start.Position, size, isVerifying: true, ScanChunkBytes);
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

        return start with { Position = scanner.Position, Next = next };
    }
}
