using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Cleaning;

/// <summary>
/// Replaces a run of segments by one compacted file as one recoverable step. Order: the compacted file flushed and its name synced; the intent; then
/// indexes deleted, the file renamed over the first segment, the others deleted, directory synced; the intent removed. While the intent
/// stands, opening repeats what is between, so nothing else may be written under the name of a compacted file.
/// </summary>
internal static class CleanerSwap
{
    public const string FileName = "cleaner-swap";
    public const string Suffix = ".cleaned";

    public static string CleanedName(Offset baseOffset) => SegmentName.Of(baseOffset, SegmentName.Log) + Suffix;

    public static void WriteIntent(LogFolder directory, IReadOnlyList<Offset> sources)
    {
        byte[] payload = new byte[sources.Count * sizeof(long)];
        for (int index = 0; index < sources.Count; index++)
        {
            BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(index * sizeof(long)), sources[index].Value);
        }

        FramedFile.Replace(directory, FileName, FileKind.CleanerSwap, payload);
    }

    /// <summary>Every step may have been done already. Durable when it returns; the intent still stands.</summary>
    public static void MoveFiles(LogFolder directory, IReadOnlyList<Offset> sources)
    {
        foreach (Offset source in sources)
        {
            directory.Delete(SegmentName.Of(source, SegmentName.OffsetIndex));
            directory.Delete(SegmentName.Of(source, SegmentName.TimeIndex));
        }

        if (directory.Exists(CleanedName(sources[0])))
        {
            directory.Rename(CleanedName(sources[0]), SegmentName.Of(sources[0], SegmentName.Log));
        }

        foreach (Offset source in sources.Skip(1))
        {
            directory.Delete(SegmentName.Of(source, SegmentName.Log)); // the intent is the tombstone
        }

        directory.Sync();
    }

    public static void RemoveIntent(LogFolder directory)
    {
        directory.Delete(FileName);
        directory.Sync();
    }

    /// <summary>At start, before segments are listed: finishes a swap, and removes compacted files that were never decided on.</summary>
    public static void FinishInterrupted(LogFolder directory)
    {
        if (FramedFile.TryRead(directory, FileName, FileKind.CleanerSwap) is byte[] payload && Parse(payload) is IReadOnlyList<Offset> sources)
        {
            MoveFiles(directory, sources);
            RemoveIntent(directory);
        }

        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && entry.Name.EndsWith(Suffix, StringComparison.Ordinal))
            {
                directory.Delete(entry.Name);
            }
        }
    }

    internal static IReadOnlyList<Offset>? Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length == 0 || payload.Length % sizeof(long) != 0)
        {
            return null;
        }

        List<Offset> sources = [];
        for (int at = 0; at < payload.Length; at += sizeof(long))
        {
            Offset source = new(BinaryPrimitives.ReadInt64BigEndian(payload[at..]));
            if (source.Value < 0 || (sources.Count > 0 && source <= sources[^1]))
            {
                return null;
            }

            sources.Add(source);
        }

        return sources;
    }
}
