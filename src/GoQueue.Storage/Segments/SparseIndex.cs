using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Segments;

/// <summary>Key and where it points. Offset index: offset to file position. Time index: largest timestamp so far to offset minus base offset.</summary>
internal readonly record struct IndexEntry(long Key, int Value);

/// <summary>
/// A sparse index of one segment: entries with growing keys and values. While the segment grows it lives in memory and is saved now and
/// then; a sealed one is searched in its file, which costs no memory. It is a hint: a missing or damaged entry makes the look-up start
/// earlier or the segment be scanned, never a wrong answer, because readers verify the batch they land on.
/// </summary>
/// <remarks>One writer; look-ups from any thread. File: 24-byte header, then 16-byte entries (docs/internals/index.md).</remarks>
internal sealed class SparseIndex : IDisposable
{
    public const int HeaderSize = 24;
    public const int EntrySize = 16;

    private const byte Version = 2; // version 1 did not say whose it is
    private const int InitialCapacity = 16;

    private readonly LogFolder directory;
    private readonly string name;
    private readonly FileKind kind;
    private readonly Offset baseOffset;
    private readonly uint identityChecksum;
    private readonly Lock gate = new();
    private IndexEntry[]? entries;
    private int count;
    private int savedCount;
    private ILogFile? file;
    private bool isClosed;

    private SparseIndex(LogFolder directory, string name, FileKind kind, Offset baseOffset, IndexEntry[]? entries)
    {
        this.directory = directory;
        this.name = name;
        this.kind = kind;
        this.baseOffset = baseOffset;
        this.entries = entries;
        Span<byte> identity = stackalloc byte[LogIdentity.Size];
        directory.Identity.Write(identity);
        identityChecksum = Crc32C.Compute(identity);
    }

    /// <summary>When the segment got its first batch, as the header says; none when there is no readable file.</summary>
    public UnixMillis CreatedAt { get; set; } = UnixMillis.None;

    private bool IsInMemory => Volatile.Read(ref entries) is not null;

    /// <summary>Entries in memory or, for the writer, just unloaded.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>The index of a new segment, or one that will be filled by a scan; an old file of that name is overwritten when saved.</summary>
    public static SparseIndex InMemory(LogFolder directory, string name, FileKind kind, Offset baseOffset, int expectedEntries) =>
        new(directory, name, kind, baseOffset, new IndexEntry[Math.Max(InitialCapacity, expectedEntries + (expectedEntries / 16))]);

    /// <summary>The index of a sealed segment, searched in its file.</summary>
    public static SparseIndex OnDisk(LogFolder directory, string name, FileKind kind, Offset baseOffset) =>
        new(directory, name, kind, baseOffset, null);

    /// <summary>Writer only: the next entry; ignored when key or value would go back, or neither moves.</summary>
    public void Add(long key, int value)
    {
        IndexEntry[] array = entries!;
        Invariant.Check(array is not null, "a sealed index does not grow");
        if (count > 0 && !Follows(array[count - 1], new IndexEntry(key, value)))
        {
            return;
        }

        if (count == array.Length)
        {
            Array.Resize(ref array, count * 2);
            Volatile.Write(ref entries, array);
        }

        array[count] = new IndexEntry(key, value);
        Volatile.Write(ref count, count + 1); // publishes the entry to look-ups
    }

    /// <summary>The last entry, if any.</summary>
    public bool TryLast(out IndexEntry entry)
    {
        int length = Length(out IndexEntry[]? memory);
        entry = default;
        return length > 0 && TryGet(memory, length - 1, out entry);
    }

    /// <summary>The entry with the largest key not above <paramref name="key"/>. False when there is none or the index is damaged there.</summary>
    public bool TryFloor(long key, out IndexEntry found)
    {
        found = default;
        int low = 0;
        int high = Length(out IndexEntry[]? memory) - 1;
        bool hit = false;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            if (!TryGet(memory, middle, out IndexEntry entry))
            {
                high = middle - 1; // damaged: only what stands before it is used
                continue;
            }

            if (entry.Key <= key)
            {
                found = entry;
                hit = true;
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return hit;
    }

    /// <summary>Writer only: reads the file's entries into memory up to the first damaged or unwanted one, to go on appending.</summary>
    public void Load(Func<IndexEntry, bool> isWanted)
    {
        List<IndexEntry> loaded = [];
        int onDisk = Length(out _);
        for (int index = 0; index < onDisk && TryGet(null, index, out IndexEntry entry) && isWanted(entry); index++)
        {
            if (index > 0 && !Follows(loaded[^1], entry))
            {
                break;
            }

            loaded.Add(entry);
        }

        IndexEntry[] array = new IndexEntry[Math.Max(InitialCapacity, loaded.Count * 2)];
        loaded.CopyTo(array);
        savedCount = loaded.Count;
        count = loaded.Count;
        Volatile.Write(ref entries, array);
    }

    /// <summary>Writer only: forgets entries from the first unwanted one on; the file follows durably with <see cref="CutFile"/>.</summary>
    public void CutWhile(Func<IndexEntry, bool> isWanted)
    {
        int keep = 0;
        while (keep < count && isWanted(entries![keep]))
        {
            keep++;
        }

        Volatile.Write(ref count, keep);
        savedCount = Math.Min(savedCount, keep);
    }

    /// <summary>Writer only: durably removes from the file what is not in memory, so that no stale entry follows the next saved one.</summary>
    public void CutFile()
    {
        ILogFile? target = FileOrNull(writable: true);
        long wanted = HeaderSize + ((long)savedCount * EntrySize);
        if (target is not null && target.Length > wanted)
        {
            target.SetLength(savedCount == 0 ? 0 : wanted);
            target.Flush();
        }
    }

    /// <summary>Writer only: writes the entries the file lacks, without flushing. No room on the disk is no failure: the index is a hint.</summary>
    /// <returns>False when there was no room.</returns>
    public bool TrySave()
    {
        int unsaved = count - savedCount;
        if (unsaved == 0)
        {
            return true;
        }

        try
        {
            ILogFile target = FileOrNull(writable: true) ?? CreateFile();
            using SharedBuffer buffer = SharedBuffer.Rent(HeaderSize + (unsaved * EntrySize));
            FormatHeader(buffer.Span);
            for (int index = 0; index < unsaved; index++)
            {
                FormatEntry(buffer.Span[(HeaderSize + (index * EntrySize))..], entries![savedCount + index]);
            }

            target.Write(savedCount == 0 ? 0 : HeaderSize + ((long)savedCount * EntrySize), savedCount == 0 ? buffer.Span : buffer.Span[HeaderSize..]);
            savedCount = count;
            return true;
        }
        catch (DiskFullException)
        {
            return false;
        }
    }

    /// <summary>
    /// Writer only: the segment is complete; saves and flushes, because a sealed segment is not scanned at start. No room is no failure.
    /// </summary>
    public void SaveDurably()
    {
        if (IsInMemory && TrySave() && savedCount > 0)
        {
            file!.Flush();
        }
    }

    /// <summary>Writer only: leaves memory when everything is in the file.</summary>
    public void Unload()
    {
        if (IsInMemory && savedCount == count && count > 0)
        {
            Volatile.Write(ref entries, null);
        }
    }

    /// <summary>Opens the file now, or never.</summary>
    public void Pin()
    {
        if (FileOrNull(writable: false) is null)
        {
            lock (gate)
            {
                isClosed = true;
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            file?.Dispose();
            file = null;
        }
    }

    internal void FormatHeader(Span<byte> header)
    {
        header[..HeaderSize].Clear();
        header[0] = (byte)'G';
        header[1] = (byte)'Q';
        header[2] = Version;
        header[3] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(header[4..], baseOffset.Value);
        BinaryPrimitives.WriteInt64BigEndian(header[12..], CreatedAt.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[20..], Crc32C.Append(identityChecksum, header[..20]));
    }

    internal void FormatEntry(Span<byte> target, IndexEntry entry)
    {
        BinaryPrimitives.WriteInt64BigEndian(target, entry.Key);
        BinaryPrimitives.WriteInt32BigEndian(target[8..], entry.Value);
        BinaryPrimitives.WriteUInt32BigEndian(target[12..], EntryChecksum(target));
    }

    private static bool Follows(IndexEntry last, IndexEntry next) => next.Key >= last.Key && next.Value >= last.Value && next != last;

    /// <summary>Seeded with the log and the base offset, so that an entry of another segment, in a reused block or a misplaced file, does not pass.</summary>
    private uint EntryChecksum(ReadOnlySpan<byte> entry)
    {
        Span<byte> seed = stackalloc byte[9];
        seed[0] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(seed[1..], baseOffset.Value);
        return Crc32C.Append(Crc32C.Append(identityChecksum, seed), entry[..12]);
    }

    private int Length(out IndexEntry[]? memory)
    {
        int published = Volatile.Read(ref count);
        memory = Volatile.Read(ref entries);
        if (memory is not null)
        {
            return Math.Min(published, memory.Length);
        }

        ILogFile? source = FileOrNull(writable: false);
        return source is null ? 0 : (int)Math.Clamp((source.Length - HeaderSize) / EntrySize, 0, int.MaxValue / EntrySize);
    }

    private bool TryGet(IndexEntry[]? memory, int index, out IndexEntry entry)
    {
        if (memory is not null)
        {
            entry = memory[index];
            return true;
        }

        entry = default;
        Span<byte> bytes = stackalloc byte[EntrySize];
        ILogFile? source = FileOrNull(writable: false);
        if (source is null || source.Read(HeaderSize + ((long)index * EntrySize), bytes) != EntrySize
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]) != EntryChecksum(bytes))
        {
            return false;
        }

        entry = new IndexEntry(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[8..]));
        return true;
    }

    /// <summary>The open file when it exists with a sound header of this segment.</summary>
    private ILogFile? FileOrNull(bool writable)
    {
        lock (gate)
        {
            if (file is not null || isClosed)
            {
                return file;
            }

            if (!directory.Exists(name))
            {
                return null;
            }

            ILogFile opened = directory.Open(name, writable: true);
            Span<byte> header = stackalloc byte[HeaderSize];
            bool isSound = opened.Read(0, header) == HeaderSize && header[0] == 'G' && header[1] == 'Q' && header[2] == Version
                && header[3] == (byte)kind && BinaryPrimitives.ReadInt64BigEndian(header[4..]) == baseOffset.Value
                && BinaryPrimitives.ReadUInt32BigEndian(header[20..]) == Crc32C.Append(identityChecksum, header[..20]);
            if (!isSound && !writable)
            {
                opened.Dispose();
                return null; // of another version or damaged: as good as missing
            }

            if (isSound)
            {
                CreatedAt = new UnixMillis(BinaryPrimitives.ReadInt64BigEndian(header[12..]));
            }

            return file = opened;
        }
    }

    private ILogFile CreateFile()
    {
        lock (gate)
        {
            savedCount = 0;
            return file = directory.Create(name);
        }
    }
}
