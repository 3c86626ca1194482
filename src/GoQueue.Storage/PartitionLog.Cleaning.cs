using GoQueue.Core;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>What compaction needs of the log.</content>
public sealed partial class PartitionLog
{
    internal LogFolder Directory => directory;

    internal int IndexIntervalBytes => options.IndexIntervalBytes;

    internal int SegmentBytes => options.SegmentBytes;

    /// <summary>Changes with every truncation; work begun before one is void.</summary>
    internal int Truncations => Volatile.Read(ref truncations);

    internal Segment[] AllSegments() => Volatile.Read(ref segments);

    /// <summary>Sealed segments wholly below the limit and below what recovery would scan.</summary>
    internal Segment[] CleanableSegments(Offset notBeyond)
    {
        FinishRoll();
        Offset limit = Offset.Min(notBeyond, new Offset(Volatile.Read(ref checkpointedSegment)));
        return Array.FindAll(Volatile.Read(ref segments), segment => !segment.End.IsNone && segment.End <= limit);
    }

    /// <summary>Readers accept gaps below it from now on; durable in the cleaner's state already.</summary>
    internal void NoteGaps(Offset below) => Volatile.Write(ref gapsBelow, Math.Max(gapsBelow, below.Value));

    /// <summary>Writer only: see <see cref="LogCleaner.Swap"/>. False when a source is no longer part of the log.</summary>
    internal bool TrySwap(CompactedSegmentWriter writer)
    {
        CheckUsable();
        int first = Array.IndexOf(segments, writer.Sources[0]);
        int count = writer.Sources.Count;
        if (first < 0 || first + count >= segments.Length || !segments.AsSpan(first, count).SequenceEqual(writer.Sources.ToArray()))
        {
            return false;
        }

        bool isDecided = false;
        try
        {
            Segment compacted = writer.Finish();
            List<Offset> sources = [.. writer.Sources.Select(source => source.BaseOffset)];
            CleanerSwap.WriteIntent(directory, sources);
            isDecided = true;
            writer.Sources.ForEach(source => source.Pin());
            CleanerSwap.MoveFiles(directory, sources);
            Volatile.Write(ref segments, [.. segments[..first], compacted, .. segments[(first + count)..]]);
            writer.Sources.ForEach(source => source.Release());
            compacted.Offsets.SaveDurably();
            compacted.Times.SaveDurably();
            compacted.Offsets.Unload();
            compacted.Times.Unload();
            CleanerSwap.RemoveIntent(directory);
            return true;
        }
        catch (DiskFullException) when (!isDecided)
        {
            writer.TakeBack();
            throw;
        }
        catch (IOException cause)
        {
            Fail(cause);
            throw;
        }
    }
}
