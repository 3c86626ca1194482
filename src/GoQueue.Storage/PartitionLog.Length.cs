using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>
/// The length of the file that is being written is looked at before every write and after every flush, before the flush counts: something else may have cut it (an
/// operator, the repair of a file system), and a write at our own offset would leave a hole of zeros that nobody meets for long. Other files: sealed segments are covered by
/// reads and the scrub, index files are hints.
/// </content>
public sealed partial class PartitionLog
{
    /// <summary>Writer only: looks whether the file that is being written is still as long as this log made it. Cheap; for logs that nobody writes to.</summary>
    /// <exception cref="DamagedLogException">It is not, and data is lost; <see cref="IsFailed"/> is true from now on.</exception>
    public void CheckLength()
    {
        CheckUsable();
        try
        {
            RequireWhole(Active);
        }
        catch (IOException cause)
        {
            Fail(cause);
            throw;
        }
    }

    private void RequireWhole(Segment segment)
    {
        bool isActive = segment.End.IsNone;
        if (segment.File.Reaches(isActive ? segment.ReservedSize : segment.Size))
        {
            return;
        }

        // Only the reserved room may be gone. The length alone does not tell: a write that raced with the cut made the file longer again.
        Offset lost = FindLoss(segment);
        if (lost.IsNone && segment.File.Reaches(segment.Size))
        {
            segment.ReservedSize = segment.Size;
            return;
        }

        lost = lost.IsNone ? segment.BaseOffset : lost;
        NoteDamage(lost);
        if (isActive)
        {
            NoteLoss(segment);
        }

        throw new DamagedLogException(
            $"{directory.Path}/{SegmentName.Of(segment.BaseOffset, SegmentName.Log)}", lost, $"its file was cut to {segment.File.Length} bytes of batches, {segment.Size} were written");
    }

    /// <summary>The offset of the first batch that is not whole in the file; none when all of them are. Reads the segment up to there.</summary>
    private static Offset FindLoss(Segment segment)
    {
        Offset next = segment.BaseOffset;
        using BatchScanner scanner = new(segment.File, 0, segment.Size, isVerifying: true);
        while (scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
        {
            next = new RecordBatchHeader(batch).NextOffset;
            scanner.Advance(batch.Length);
        }

        return scanner.Position < segment.Size ? next : Offset.None;
    }

    /// <summary>
    /// Tells the next opening how far the log went: by a checkpoint that is true but for its position, the length that the file should have, which no file reaches that was cut. So all of
    /// the segment is verified, and what is lost below the end is marked, also where a write behind the cut made the file longer again. Without it the loss would be found as well, or be
    /// taken for a torn tail.
    /// </summary>
    private void NoteLoss(Segment active)
    {
        try
        {
            FinishRoll(); // the checkpoint passes no segment that is not complete
            if (Volatile.Read(ref unsealed) is null)
            {
                checkpoint.Write(new CheckpointEntry(FlushedOffset, active.BaseOffset, active.ReservedSize, options.UnflushedWindowBytes));
            }
        }
        catch (IOException)
        {
            // the log ends as it is
        }
    }
}
