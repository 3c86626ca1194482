using GoQueue.Core;
using GoQueue.Storage.Cache;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Recovery;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <summary>
/// The log of one partition in a directory of its own: segments of record batches, sparse indexes, the leader-epoch list, state snapshots and
/// the flush checkpoint. One writer at a time calls the methods of the append and maintenance parts; reads run on any thread beside it.
/// </summary>
/// <remarks>
/// Rules (reliability.md section 6): <see cref="FlushedOffset"/> moves only after a successful flush; a failed flush or write ends the log until it
/// is opened again; a torn tail is cut, damage is kept and refused. <see cref="Dispose"/> without <see cref="Close"/> is a crash on purpose.
/// </remarks>
public sealed partial class PartitionLog : IDisposable
{
    private readonly LogFolder directory;
    private readonly FlushCheckpoint checkpoint;
    private readonly TailCache cache;
    private readonly SpareSegment spare;
    private PartitionLogOptions options;

    // What readers see. Writers publish in the order segment size, segment list, end offset; readers read them in the opposite order.
    private Segment[] segments;
    private long endOffset;
    private long flushedOffset;
    private int truncations; // odd while a truncation runs; readers that saw it change start over
    private CorruptRange[] corruptRanges;
    private long damageFoundAt = -1;
    private long gapsBelow;
    private long checkpointedSegment;

    private Exception? failure;
    private bool isClosed;
    private long committedEnd;
    private LogStartFile logStart;

    private PartitionLog(LogFolder directory, PartitionLogOptions options, RecoveredLog recovered)
    {
        this.directory = directory;
        this.options = options;
        checkpoint = recovered.Checkpoint;
        segments = recovered.Segments;
        segments[^1].FlushedSize = segments[^1].Size;
        segments[^1].ScrubbedAt = segments[^1].Size > 0 ? new UnixMillis(0) : UnixMillis.None; // long ago: nobody has read what is found
        endOffset = recovered.End.Value;
        flushedOffset = recovered.End.Value;
        corruptRanges = [.. recovered.Report.CorruptRanges];
        checkpointedSegment = recovered.Checkpoint.Newest?.SegmentBase.Value ?? 0;
        gapsBelow = recovered.Cleaner.GapsBelow.Value;
        cache = new TailCache(options.TailCacheBytes);
        spare = new SpareSegment(directory);
        hasCleanMarker = recovered.HasCleanMarker;
        committedEnd = Offset.Min(CommittedEndFile.Load(directory), recovered.End).Value;
        logStart = LogStartFile.Load(directory);
        Epochs = recovered.Epochs;
        Recovery = recovered.Report;
    }

    /// <summary>What opening found.</summary>
    public LogRecovery Recovery { get; }

    /// <summary>The durable epoch list. Changed by the writer only.</summary>
    public LeaderEpochs Epochs { get; }

    /// <summary>The first offset that is kept.</summary>
    public Offset StartOffset => Volatile.Read(ref segments)[0].BaseOffset;

    /// <summary>The offset of the next record.</summary>
    public Offset EndOffset => new(Volatile.Read(ref endOffset));

    /// <summary>Everything below it is on the device.</summary>
    public Offset FlushedOffset => new(Volatile.Read(ref flushedOffset));

    /// <summary>True after a failed flush or write: nothing is appended until the log is opened again.</summary>
    public bool IsFailed => Volatile.Read(ref failure) is not null;

    /// <summary>Bytes of batches kept, without indexes and reserved room.</summary>
    public long SizeBytes
    {
        get
        {
            long total = 0;
            foreach (Segment segment in Volatile.Read(ref segments))
            {
                total += segment.Size;
            }

            return total;
        }
    }

    /// <summary>
    /// About how many bytes lie between two offsets: exact for whole segments, a share of those that are cut. Any thread.
    /// </summary>
    public long EstimateBytes(Offset from, Offset upTo)
    {
        Segment[] list = Volatile.Read(ref segments);
        Offset end = EndOffset;
        double total = 0;
        for (int index = 0; index < list.Length; index++)
        {
            long first = list[index].BaseOffset.Value;
            long last = index + 1 < list.Length ? list[index + 1].BaseOffset.Value : end.Value;
            long covered = Math.Min(last, upTo.Value) - Math.Max(first, from.Value);
            if (covered > 0)
            {
                total += (double)list[index].Size * covered / (last - first);
            }
        }

        return (long)total;
    }

    /// <summary>Number of segment files.</summary>
    public int SegmentCount => Volatile.Read(ref segments).Length;

    /// <summary>Damaged ranges that opening found.</summary>
    public IReadOnlyList<CorruptRange> CorruptRanges => Volatile.Read(ref corruptRanges);

    /// <summary>Where what is kept is damaged, as far as is known: the first offset, found at the opening or by a read since; none when nothing is. Any thread.</summary>
    public Offset DamagedAt
    {
        get
        {
            Offset start = StartOffset;
            Offset found = new(Volatile.Read(ref damageFoundAt)); // by a read, -1 for none
            Offset first = found.Value >= 0 && found >= start ? found : Offset.None;
            foreach (CorruptRange range in CorruptRanges)
            {
                if (range.End > start && (first.IsNone || range.Start < first))
                {
                    first = range.Start;
                }
            }

            return first;
        }
    }

    /// <summary>Batches below it may have gaps between them, left by compaction.</summary>
    internal Offset GapsBelow => new(Volatile.Read(ref gapsBelow));

    /// <summary>First offset of the segment that is appended to; it changes with every roll.</summary>
    public Offset ActiveSegmentStart => Volatile.Read(ref segments)[^1].BaseOffset;

    private Segment Active => segments[^1];

    /// <summary>Creates the log in an empty directory, or recovers what is there.</summary>
    /// <param name="identity">Whose log it is; files of another one are damage.</param>
    /// <exception cref="NewerFormatException">A file is of a later version; nothing was changed.</exception>
    /// <exception cref="OlderFormatException">A file is of a version that is not read any more; nothing was changed.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static PartitionLog Open(ILogDirectory directory, LogIdentity identity, PartitionLogOptions options, UnixMillis now)
    {
        options.Check();
        LogFolder folder = new(directory, identity);
        return new PartitionLog(folder, options, LogOpener.Open(folder, options, now));
    }

    /// <summary>Takes new sizes and intervals; they count from the next append on.</summary>
    public void Reconfigure(PartitionLogOptions newOptions)
    {
        newOptions.Check();
        options = newOptions;
        cache.Resize(newOptions.TailCacheBytes);
    }

    /// <summary>Flushes, writes the checkpoint and the clean-shutdown marker, and closes the files. A failed log is only closed.</summary>
    public void Close()
    {
        if (isClosed)
        {
            return;
        }

        if (!IsFailed)
        {
            CloseCleanly();
        }

        Dispose();
    }

    /// <summary>Closes the files and nothing else: what was not flushed may be lost, as in a crash.</summary>
    public void Dispose()
    {
        if (isClosed)
        {
            return;
        }

        lock (behind)
        {
            isClosed = true; // whoever finishes a roll has left, and nobody begins
        }

        spare.Stop();
        cache.Resize(0);
        foreach (Segment segment in segments)
        {
            segment.Release();
        }

        checkpoint.Dispose();
    }

    private void CheckUsable()
    {
        Invariant.Check(!isClosed, "a closed log is not written");
        if (failure is not null)
        {
            throw new LogFailedException(directory.Path, failure);
        }
    }

    /// <summary>
    /// Remembers that the device or the file system let us down; only a new open gets the log going again. After a failed flush Linux counts
    /// the pages as clean: they can be read back and are not on the device. That is why recovery writes again what it verifies.
    /// </summary>
    private void Fail(Exception cause) => Volatile.Write(ref failure, cause);
}
