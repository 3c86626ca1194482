using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Cleaning;

/// <summary>Writes the compacted form of a run of segments under a temporary name, with its indexes in memory.</summary>
internal sealed class CompactedSegmentWriter : IDisposable
{
    private const int ChunkBytes = 1024 * 1024;

    private readonly LogFolder directory;
    private readonly int intervalBytes;
    private readonly Segment output;
    private readonly SharedBuffer buffer = SharedBuffer.Rent(ChunkBytes);
    private int buffered;
    private long written;
    private long sinceEntry;
    private bool isHandedOver;

    public CompactedSegmentWriter(LogFolder directory, Offset baseOffset, int intervalBytes)
    {
        this.directory = directory;
        this.intervalBytes = intervalBytes;
        directory.Delete(CleanerSwap.CleanedName(baseOffset));
        output = new Segment(
            directory,
            baseOffset,
            0,
            SegmentFile.Create(directory, CleanerSwap.CleanedName(baseOffset), baseOffset),
            Segment.NewIndex(directory, baseOffset, isTime: false),
            Segment.NewIndex(directory, baseOffset, isTime: true));
    }

    /// <summary>The segments it replaces.</summary>
    public List<Segment> Sources { get; } = [];

    public Offset BaseOffset => output.BaseOffset;

    public long Size => written + buffered;

    public void Add(ReadOnlySpan<byte> batch)
    {
        output.Index(new RecordBatchHeader(batch), Size, ref sinceEntry, intervalBytes);
        if (batch.Length > buffer.Length - buffered)
        {
            Drain();
        }

        if (batch.Length > buffer.Length)
        {
            output.File.Write(written, batch);
            written += batch.Length;
            return;
        }

        batch.CopyTo(buffer.Span[buffered..]);
        buffered += batch.Length;
    }

    /// <summary>Flushed and named durably; from here on only the swap is missing. The caller owns the segment, unless <see cref="TakeBack"/> is called.</summary>
    public Segment Finish()
    {
        Drain();
        output.File.Flush();
        directory.Sync();
        output.Size = written;
        output.End = Sources[^1].End;
        output.CreatedAt = Sources[0].CreatedAt;
        output.AddTime(output.End);
        isHandedOver = true;
        return output;
    }

    /// <summary>The swap was not decided: no intent stands. The file goes with the writer.</summary>
    public void TakeBack() => isHandedOver = false;

    public void Dispose()
    {
        buffer.Release();
        if (!isHandedOver)
        {
            output.Release();
            directory.Delete(CleanerSwap.CleanedName(BaseOffset));
        }
    }

    private void Drain()
    {
        if (buffered > 0)
        {
            output.File.Write(written, buffer.Span[..buffered]);
            written += buffered;
            buffered = 0;
        }
    }
}
