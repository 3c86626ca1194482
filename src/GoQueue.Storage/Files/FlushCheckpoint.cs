using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Files;

/// <summary>Everything below <paramref name="End"/> was on the device when this was written.</summary>
/// <param name="End">The first offset that may not be flushed.</param>
/// <param name="SegmentBase">Base offset of the segment that holds it.</param>
/// <param name="Position">Its byte position in that segment.</param>
/// <param name="UnflushedWindow">Bytes that the log never exceeds between two flushes (docs/internals/checkpoint.md).</param>
internal readonly record struct CheckpointEntry(Offset End, Offset SegmentBase, long Position, int UnflushedWindow);

/// <summary>
/// The flush checkpoint: two slots, 4 KiB apart, written in turn, so that a torn write spoils at most the newer one. The file never
/// changes its length after creation: an update needs no room and flushes data only.
/// </summary>
internal sealed class FlushCheckpoint : IDisposable
{
    public const string FileName = "checkpoint";
    public const int SlotStride = 4096;
    public const int SlotSize = 48;
    public const int FileSize = 2 * SlotStride;

    private const byte Version = 2; // version 1 did not say whose it is
    private const int ChecksumAt = 4;

    private readonly ILogFile file;
    private readonly uint place;
    private long sequence;

    private FlushCheckpoint(ILogFile file, uint place, long sequence, CheckpointEntry? newest)
    {
        this.file = file;
        this.place = place;
        this.sequence = sequence;
        Newest = newest;
    }

    /// <summary>Null when neither slot is readable.</summary>
    public CheckpointEntry? Newest { get; private set; }

    public static FlushCheckpoint Open(LogFolder directory)
    {
        uint place = FramedFile.Place(directory.Identity, FileName);
        if (!directory.Exists(FileName))
        {
            ILogFile created = directory.Create(FileName);
            created.Write(0, new byte[FileSize]);
            created.Flush(); // its name becomes durable with the first segment's; without it the log is scanned from its start
            return new FlushCheckpoint(created, place, 0, null);
        }

        ILogFile found = directory.Open(FileName, writable: true);
        Complete(found);
        Span<byte> slot = stackalloc byte[SlotSize];
        long newestSequence = 0;
        CheckpointEntry? newest = null;
        for (int index = 0; index < 2; index++)
        {
            if (found.Read(index * SlotStride, slot) == SlotSize
                && TryParse(slot, place, $"{directory.Path}/{FileName}", out long seen, out CheckpointEntry entry)
                && seen > newestSequence)
            {
                newestSequence = seen;
                newest = entry;
            }
        }

        return new FlushCheckpoint(found, place, newestSequence, newest);
    }

    /// <summary>A disk without room left it shorter when it was created. The room is taken now or the log does not open: no update may fail for want of it.</summary>
    private static void Complete(ILogFile file)
    {
        long length = file.Length;
        if (length >= FileSize)
        {
            return;
        }

        try
        {
            file.Write(length, new byte[FileSize - length]);
            file.Flush();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Durable when it returns.</summary>
    public void Write(CheckpointEntry entry)
    {
        sequence++;
        Span<byte> slot = stackalloc byte[SlotSize];
        Format(slot, place, sequence, entry);
        file.Write(sequence % 2 * SlotStride, slot);
        file.Flush();
        Newest = entry;
    }

    public void Dispose() => file.Dispose();

    internal static void Format(Span<byte> slot, uint place, long sequence, CheckpointEntry entry)
    {
        slot.Clear();
        slot[0] = (byte)'G';
        slot[1] = (byte)'Q';
        slot[2] = Version;
        slot[3] = (byte)FileKind.Checkpoint;
        BinaryPrimitives.WriteInt64BigEndian(slot[8..], sequence);
        BinaryPrimitives.WriteInt64BigEndian(slot[16..], entry.End.Value);
        BinaryPrimitives.WriteInt64BigEndian(slot[24..], entry.SegmentBase.Value);
        BinaryPrimitives.WriteInt64BigEndian(slot[32..], entry.Position);
        BinaryPrimitives.WriteInt32BigEndian(slot[40..], entry.UnflushedWindow);
        BinaryPrimitives.WriteUInt32BigEndian(slot[ChecksumAt..], Checksum(place, slot));
    }

    internal static bool TryParse(ReadOnlySpan<byte> slot, uint place, string path, out long sequence, out CheckpointEntry entry)
    {
        sequence = 0;
        entry = default;
        if (slot.Length < SlotSize || slot[0] != 'G' || slot[1] != 'Q' || slot[3] != (byte)FileKind.Checkpoint
            || BinaryPrimitives.ReadUInt32BigEndian(slot[ChecksumAt..]) != Checksum(place, slot))
        {
            return false;
        }

        if (slot[2] > Version)
        {
            throw new NewerFormatException(path, slot[2], Version);
        }

        sequence = BinaryPrimitives.ReadInt64BigEndian(slot[8..]);
        entry = new CheckpointEntry(
            new Offset(BinaryPrimitives.ReadInt64BigEndian(slot[16..])),
            new Offset(BinaryPrimitives.ReadInt64BigEndian(slot[24..])),
            BinaryPrimitives.ReadInt64BigEndian(slot[32..]),
            BinaryPrimitives.ReadInt32BigEndian(slot[40..]));
        return sequence > 0 && entry.SegmentBase.Value >= 0 && entry.End >= entry.SegmentBase && entry.Position >= 0 && entry.UnflushedWindow >= 0;
    }

    private static uint Checksum(uint place, ReadOnlySpan<byte> slot) => Crc32C.Append(Crc32C.Append(place, slot[..ChecksumAt]), slot[(ChecksumAt + 4)..SlotSize]);
}
