using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Segments;

/// <summary>
/// A segment file as everything else sees it: its batches begin at position 0. The one place that knows of the <see cref="SegmentHeader"/> before them.
/// </summary>
/// <remarks>
/// A read looks at the header too, after the data: of a file that became another log's while it was open nothing is read, which everybody takes for damage. The header is
/// where an overwrite begins, so data of the other log is never seen with the header of this one.
/// </remarks>
internal sealed class SegmentFile : ILogFile
{
    private readonly ILogFile file;
    private readonly byte[] head;

    private SegmentFile(ILogFile file, ReadOnlySpan<byte> header)
    {
        this.file = file;
        head = header[..SegmentHeader.HeadSize].ToArray();
    }

    public long Length => Math.Max(0, file.Length - SegmentHeader.Size);

    /// <summary>Whether the file, its header included, is at least so long.</summary>
    public bool Reaches(long length) => file.Length >= length + SegmentHeader.Size;

    /// <summary>Makes a new file, or one of a file of zeros of that name, and writes its header; flushing it is left to the caller, before the file gets the name of a segment.</summary>
    /// <exception cref="DiskFullException">No room; nothing is left behind.</exception>
    public static SegmentFile Create(LogFolder directory, string temporaryName, Offset baseOffset, bool isThere = false)
    {
        ILogFile file = isThere ? directory.Open(temporaryName, writable: true) : directory.Create(temporaryName);
        try
        {
            byte[] header = SegmentHeader.Make(directory.Identity, baseOffset);
            file.Write(0, header);
            return new SegmentFile(file, header);
        }
        catch (IOException)
        {
            file.Dispose();
            directory.Delete(temporaryName);
            throw;
        }
    }

    public static SegmentFile Open(LogFolder directory, Offset baseOffset) => new(
        directory.Open(SegmentName.Of(baseOffset, SegmentName.Log), writable: true), SegmentHeader.Make(directory.Identity, baseOffset));

    /// <summary>Whether the file is (still) the one that was opened.</summary>
    public bool IsOwn()
    {
        Span<byte> seen = stackalloc byte[SegmentHeader.HeadSize];
        return file.Read(0, seen) == seen.Length && seen.SequenceEqual(head);
    }

    /// <summary>As of any file; 0 when it is not the log's own.</summary>
    public int Read(long position, Span<byte> destination)
    {
        int read = file.Read(position + SegmentHeader.Size, destination);
        return IsOwn() ? read : 0;
    }

    public void Write(long position, ReadOnlySpan<byte> data) => file.Write(position + SegmentHeader.Size, data);

    public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> data) => file.Write(position + SegmentHeader.Size, data);

    public void WriteThrough(long position, IReadOnlyList<ReadOnlyMemory<byte>> data) => file.WriteThrough(position + SegmentHeader.Size, data);

    public void Reserve(long length) => file.Reserve(length + SegmentHeader.Size);

    public void Forget(long position, long length) => file.Forget(position + SegmentHeader.Size, length);

    public void Flush() => file.Flush();

    public void SetLength(long length) => file.SetLength(length + SegmentHeader.Size);

    public void Dispose() => file.Dispose();
}
