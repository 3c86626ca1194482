using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Files;

/// <summary>
/// Snapshots of the partition's fold, one framed file per snapshot, named by the offset up to which the log is folded in. Only the newest few
/// are kept, and the newest that no truncation takes back; one above the end of the log would speak of records that no longer exist, so truncation and recovery
/// delete it.
/// </summary>
internal static class StateFiles
{
    /// <param name="committed">The newest snapshot at or below stays, however many are newer: what retention removed is in no other that is sure to stay.</param>
    public static void Write(LogFolder directory, Offset at, ReadOnlySpan<byte> state, int keep, Offset committed)
    {
        FramedFile.Replace(directory, SegmentName.Of(at, SegmentName.State), FileKind.State, state);
        List<Offset> all = Find(directory);
        int safe = all.FindLastIndex(found => found <= committed);
        for (int index = 0; index < all.Count - keep; index++)
        {
            if (index != safe)
            {
                directory.Delete(SegmentName.Of(all[index], SegmentName.State));
            }
        }
    }

    /// <summary>Offset of the newest snapshot at or below <paramref name="limit"/>; none when there is none.</summary>
    public static Offset NewestUpTo(LogFolder directory, Offset limit)
    {
        List<Offset> all = Find(directory);
        int index = all.FindLastIndex(found => found <= limit);
        return index < 0 ? Offset.None : all[index];
    }

    public static bool TryLoad(LogFolder directory, Offset end, out Offset at, out byte[] state)
    {
        List<Offset> all = Find(directory);
        for (int index = all.Count - 1; index >= 0; index--)
        {
            if (all[index] <= end && FramedFile.TryRead(directory, SegmentName.Of(all[index], SegmentName.State), FileKind.State) is byte[] payload)
            {
                at = all[index];
                state = payload;
                return true;
            }
        }

        at = Offset.None;
        state = [];
        return false;
    }

    /// <summary>The caller syncs the directory.</summary>
    public static void DeleteAbove(LogFolder directory, Offset end)
    {
        foreach (Offset at in Find(directory))
        {
            if (at > end)
            {
                directory.Delete(SegmentName.Of(at, SegmentName.State));
            }
        }
    }

    private static List<Offset> Find(LogFolder directory)
    {
        List<Offset> found = [];
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && SegmentName.TryParse(entry.Name, SegmentName.State, out Offset at))
            {
                found.Add(at);
            }
        }

        return found;
    }
}
