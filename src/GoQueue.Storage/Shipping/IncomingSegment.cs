using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Shipping;

/// <summary>
/// A sealed segment of another replica on its way into this log: bytes are written under a temporary name in order, then the whole is flushed, verified and
/// indexed, then the log adopts it. One thread at a time. Disposed without being adopted it removes its file.
/// </summary>
public sealed class IncomingSegment : IDisposable
{
    /// <summary>Bytes written between two flushes: bounds what the device has queued ahead of other logs' flushes.</summary>
    private const int FlushEveryBytes = 8 * 1024 * 1024;

    private readonly LogFolder directory;
    private readonly int intervalBytes;
    private readonly string temporaryName;
    private readonly List<EpochStart> epochs = [];
    private readonly Segment segment;
    private long unflushed;
    private bool isHandedOver;
    private bool isDisposed;

    internal IncomingSegment(LogFolder directory, in SealedSegment described, int intervalBytes)
    {
        this.directory = directory;
        this.intervalBytes = intervalBytes;
        Described = described;
        temporaryName = SegmentName.Of(described.BaseOffset, SegmentName.Log) + FramedFile.TemporarySuffix;
        directory.Delete(temporaryName);
        SegmentFile file = SegmentFile.Create(directory, temporaryName, described.BaseOffset);
        try
        {
            file.Reserve(described.SizeBytes);
        }
        catch (IOException)
        {
            file.Dispose();
            directory.Delete(temporaryName);
            throw;
        }

        segment = new Segment(
            directory,
            described.BaseOffset,
            0,
            file,
            Segment.NewIndex(directory, described.BaseOffset, isTime: false),
            Segment.NewIndex(directory, described.BaseOffset, isTime: true));
    }

    /// <summary>What the other replica says of it.</summary>
    public SealedSegment Described { get; }

    /// <summary>Bytes written so far; the next part begins there.</summary>
    public long Position { get; private set; }

    /// <summary>It is all there, flushed, and what was announced.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Batches in it have gaps between them, left by compaction.</summary>
    internal bool HasGaps { get; private set; }

    /// <summary>The epochs of its batches, each with the first offset found of it; at least one once it is complete.</summary>
    internal IReadOnlyList<EpochStart> Epochs => epochs;

    /// <summary>Writes the next part. Blocks on the disk.</summary>
    /// <exception cref="DiskFullException">No room; give the segment up.</exception>
    public void Write(ReadOnlySpan<byte> part)
    {
        Invariant.Check(Position + part.Length <= Described.SizeBytes, "a segment is no larger than announced", Described.SizeBytes, Position + part.Length);
        segment.File.Write(Position, part);
        Position += part.Length;
        unflushed += part.Length;
        if (unflushed >= FlushEveryBytes)
        {
            segment.File.Flush();
            unflushed = 0;
        }
    }

    /// <summary>
    /// Flushes and reads back all of it: the checksum of the whole, and of every batch its structure, checksum, order of offsets and epochs. Blocks on the disk.
    /// Null when everything is as announced; else give the segment up. Codes: CorruptBatch.
    /// </summary>
    /// <param name="newest">Of the leadership it comes from: no batch is of a later epoch.</param>
    public Error? Complete(LeaderEpoch newest)
    {
        Invariant.Check(Position == Described.SizeBytes, "a segment is complete when all of it is there", Described.SizeBytes, Position);
        segment.File.Flush();
        uint checksum = Crc32C.Compute([]);
        Offset next = Described.BaseOffset;
        long sinceEntry = 0;
        using BatchScanner scanner = new(segment.File, 0, Position, isVerifying: true);
        while (scanner.Peek(out ReadOnlySpan<byte> batch) == ScanStatus.Batch)
        {
            RecordBatchHeader header = new(batch);
            LeaderEpoch epoch = epochs is [.., EpochStart last] ? last.Epoch : LeaderEpoch.Zero;
            if (header.BaseOffset < next || header.NextOffset > Described.EndOffset || header.LeaderEpoch < epoch || header.LeaderEpoch > newest)
            {
                return Corrupt($"batch {header.BaseOffset} of epoch {header.LeaderEpoch} follows {next} of epoch {epoch} in the leadership {newest}");
            }

            if (epochs.Count == 0 || header.LeaderEpoch > epoch)
            {
                epochs.Add(new EpochStart(header.LeaderEpoch, header.BaseOffset));
            }

            HasGaps |= header.BaseOffset > next;
            segment.Index(header, scanner.Position, ref sinceEntry, intervalBytes);
            checksum = Crc32C.Append(checksum, batch);
            next = header.NextOffset;
            scanner.Advance(batch.Length);
        }

        if (scanner.Position != Position || checksum != Described.Checksum)
        {
            return Corrupt($"its batches end at {scanner.Position} of {Position} bytes with the checksum {checksum:x8}, not {Described.Checksum:x8}");
        }

        HasGaps |= next < Described.EndOffset;
        segment.Size = Position;
        segment.Verified.Add(0, Position);
        IsComplete = true;
        return null;
    }

    /// <summary>Gives the file its name for good; durable when it returns. A file of that name, the empty segment at the end of the log, is replaced.</summary>
    internal Segment TakeName(UnixMillis now)
    {
        directory.Delete(SegmentName.Of(Described.BaseOffset, SegmentName.OffsetIndex)); // leftovers of a segment that was truncated away
        directory.Delete(SegmentName.Of(Described.BaseOffset, SegmentName.TimeIndex));
        directory.Rename(temporaryName, SegmentName.Of(Described.BaseOffset, SegmentName.Log));
        isHandedOver = true;
        directory.Sync();
        segment.ReservedSize = segment.Size;
        segment.CreatedAt = now;
        segment.Offsets.CreatedAt = now;
        segment.Times.CreatedAt = now;
        return segment;
    }

    public void Dispose()
    {
        if (isHandedOver || isDisposed)
        {
            return;
        }

        isDisposed = true;
        segment.Release();
        try
        {
            directory.Delete(temporaryName);
        }
        catch (IOException)
        {
            // Its name ends in the mark of leftovers: the next start sweeps it.
        }
    }

    private Error Corrupt(string what) => new(ErrorCode.CorruptBatch, $"the segment at {Described.BaseOffset} is refused: {what}");
}
