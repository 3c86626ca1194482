using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Recovery;

/// <content>Segments that are not this log's, or of a version that is not read any more (ADR 0016).</content>
internal sealed partial class LogOpener
{
    /// <summary>First of all, so that nothing is changed before.</summary>
    private void RefuseOlder()
    {
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && SegmentName.TryParse(entry.Name, SegmentName.Log, out _))
            {
                SegmentHeader.RefuseOlder(directory, entry.Name);
                return; // one program wrote them all
            }
        }
    }

    /// <summary>Segments without the header that they got before their names are damaged as a whole: nothing in them is scanned, cut or counted.</summary>
    private void MarkForeign()
    {
        foreach (Segment segment in segments)
        {
            if (SegmentHeader.IsOwn(directory, segment.BaseOffset))
            {
                continue;
            }

            foreign.Add(segment);
            if (!segment.End.IsNone)
            {
                MarkCorrupt(Whole(segment));
            }
        }
    }

    private static CorruptRange Whole(Segment segment) => new(segment.BaseOffset, segment.End, segment.BaseOffset, 0, segment.Size);

    /// <summary>
    /// The last segment is not this log's. How far its own went is not known: at least to where anything says so, and at least to one record, so that the damage has
    /// a place and the replica is replaced. A new segment begins behind it.
    /// </summary>
    private Offset SkipForeign(Offset known)
    {
        Segment last = segments[^1];
        last.End = Offset.Max(known, last.BaseOffset.Next);
        MarkCorrupt(Whole(last));
        segments.Add(Segment.Create(directory, last.End));
        return last.End;
    }
}
