using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;
using GoQueue.Testing;

namespace GoQueue.Storage.Tests;

/// <summary>
/// The file that is being written is cut short by something else (an operator, the repair of a file system). Goal: what is lost is damage before anything more counts as flushed, no write
/// leaves a hole of zeros in its place, and the next opening marks it. Method: a hand that opens the same file beside a running log.
/// </summary>
public sealed class CutFileTests : IDisposable
{
    private const string First = "00000000000000000000.log";
    private const int Count = 20;

    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 1 << 20, IndexIntervalBytes = 512, TailCacheBytes = 0, ReserveBytes = 65536 };

    private readonly VirtualDisk disk = new();
    private readonly TempFolder folder = new();
    private readonly List<long> ends = [0]; // of the batches, in bytes

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 65536)]
    [InlineData(1, 65536)]
    [InlineData(7, 0)]
    [InlineData(7, 65536)]
    [InlineData(19, 65536)]
    public void A_write_behind_a_cut_is_refused_and_the_loss_is_marked_by_the_next_opening(int lost, int reserve)
    {
        PartitionLog log = Open(Options with { ReserveBytes = reserve });
        Append(log, Count);
        log.Flush();
        long cut = SegmentHeader.Size + ends[lost] + 30; // in the middle of a batch
        Cut(First, cut);
        DamagedLogException damage = Assert.Throws<DamagedLogException>(() => Append(log, 1));
        Assert.Equal(new Offset(lost), damage.At);
        Assert.Equal(new Offset(lost), log.DamagedAt);
        Assert.Equal(new Offset(Count), log.EndOffset);
        Assert.Equal(cut, Length(First)); // no hole
        Assert.Throws<LogFailedException>(log.Flush);
        log.Close();
        AssertMarked(lost, Count);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(Count)] // of what was flushed nothing is lost
    public void A_cut_between_a_write_and_its_flush_makes_nothing_durable(int lost)
    {
        PartitionLog log = Open(Options);
        Append(log, Count);
        log.Flush();
        Append(log, 5);
        Cut(First, SegmentHeader.Size + ends[lost]);
        Assert.Equal(new Offset(lost), Assert.Throws<DamagedLogException>(log.Flush).At);
        Assert.Equal(new Offset(Count), log.FlushedOffset);
        log.Dispose();
        AssertMarked(lost, Count);
    }

    /// <summary>1. The length is looked at. 2. The file is cut. 3. The write makes it longer again: there is a hole, and good batches behind it.</summary>
    [Fact]
    public void A_cut_that_a_write_ran_over_is_found_before_the_flush_counts()
    {
        PartitionLog log = Open(Options);
        Append(log, Count);
        log.Flush();
        Append(log, 1);
        using (ILogFile hand = disk.Root.Open(First, writable: true))
        {
            byte[] written = new byte[ends[^1] - ends[^2]];
            hand.Read(SegmentHeader.Size + ends[^2], written);
            hand.SetLength(SegmentHeader.Size + ends[3] + 10);
            hand.Write(SegmentHeader.Size + ends[^2], written);
        }

        Assert.Equal(new Offset(3), Assert.Throws<DamagedLogException>(log.Flush).At);
        Assert.Equal(new Offset(Count), log.FlushedOffset);
        log.Dispose();
        AssertMarked(3, Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void Reserved_room_that_is_cut_away_is_no_loss(int left)
    {
        using PartitionLog log = Open(Options);
        Append(log, Count);
        log.Flush();
        Cut(First, SegmentHeader.Size + ends[^1] + left);
        log.CheckLength();
        Append(log, Count);
        Cut(First, SegmentHeader.Size + ends[^1] + left);
        log.Flush();
        Assert.True(log.DamagedAt.IsNone);
        Assert.Equal(2 * Count, log.ReadAll().Count);
        log.Close();
        using PartitionLog again = Open(Options);
        Assert.True(again.Recovery.WasClean);
        Assert.Equal(2 * Count, again.ReadAll().Count);
    }

    [Fact]
    public void Without_a_write_a_look_finds_it()
    {
        PartitionLog log = Open(Options);
        Append(log, Count);
        log.Flush();
        log.CheckLength();
        Cut(First, 0); // the header as well
        Assert.Equal(Offset.Zero, Assert.Throws<DamagedLogException>(log.CheckLength).At);
        Assert.True(log.IsFailed);
        log.Dispose();
        using PartitionLog again = Open(Options);
        Assert.Equal(Offset.Zero, again.DamagedAt);
        Assert.Equal(new Offset(Count), again.EndOffset);
    }

    [Fact]
    public void Reads_below_the_cut_go_on_and_above_it_are_refused()
    {
        using PartitionLog log = Open(Options);
        Append(log, Count);
        log.Flush();
        Cut(First, SegmentHeader.Size + ends[7] + 30);
        LogRead read = log.Read(Offset.Zero, log.EndOffset, 1 << 20);
        Assert.Null(read.Error);
        Assert.Equal(new Offset(7), read.NextOffset);
        read.Slices[0].Buffer.Release();
        for (Offset at = new(7); at < log.EndOffset; at = at.Next)
        {
            Assert.Equal(ErrorCode.CorruptLog, log.Read(at, log.EndOffset, 1 << 20).Error?.Code);
        }
    }

    [Fact]
    public void A_log_that_is_closed_over_a_cut_has_no_clean_marker_and_leaves_the_file_as_it_is()
    {
        PartitionLog log = Open(Options);
        Append(log, Count);
        log.Flush();
        Cut(First, SegmentHeader.Size + ends[7]);
        log.Close();
        Assert.Equal(SegmentHeader.Size + ends[7], Length(First));
        AssertMarked(7, Count);
    }

    [Fact]
    public void A_truncation_does_not_fill_up_what_was_cut()
    {
        PartitionLog log = Open(Options);
        Append(log, Count);
        log.Flush();
        Cut(First, SegmentHeader.Size + ends[7]);
        Assert.Equal(new Offset(7), Assert.Throws<DamagedLogException>(() => log.TruncateTo(new Offset(15))).At);
        Assert.Equal(SegmentHeader.Size + ends[7], Length(First));
        log.Dispose();
        AssertMarked(7, Count);
    }

    /// <summary>The segment before the active one, whose rest of a roll is still to be done: cutting it to its size would make it longer.</summary>
    [Fact]
    public void A_segment_that_is_cut_before_it_is_sealed_is_damage_and_the_log_goes_on()
    {
        using PartitionLog log = Open(Options with { SegmentBytes = 4096 });
        while (log.SegmentCount == 1)
        {
            Append(log, 1);
        }

        log.Flush();
        Cut(First, SegmentHeader.Size + ends[7] + 5);
        log.FinishRoll();
        Assert.Equal(new Offset(7), log.DamagedAt);
        Assert.Equal(SegmentHeader.Size + ends[7] + 5, Length(First));
        Append(log, 1);
        log.Flush();
        Assert.Equal(log.EndOffset, log.FlushedOffset);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 16 << 20)]
    [InlineData(false, 16 << 20)]
    public void On_a_real_disk_a_running_log_notices_it_as_well(bool isThrough, int reserve)
    {
        PhysicalLogDirectory directory = new(Path.Join(folder.Path, $"log-{isThrough}-{reserve}"));
        PartitionLogOptions options = Options with { WriteThrough = isThrough, ReserveBytes = reserve };
        using (PartitionLog log = PartitionLog.Open(directory, Batches.Log, options, Batches.Now))
        {
            for (int index = 0; index < Count; index++)
            {
                Append(log, 5);
                log.Flush();
            }

            using (FileStream hand = new(Path.Join(directory.Path, First), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
            {
                hand.SetLength(SegmentHeader.Size + ends[42] + 1);
            }

            Assert.Equal(new Offset(42), Assert.Throws<DamagedLogException>(() => Append(log, 1)).At);
        }

        using PartitionLog again = PartitionLog.Open(directory, Batches.Log, options, Batches.Now);
        Assert.Equal(new Offset(42), again.DamagedAt);
        Assert.Equal(new Offset(5 * Count), again.EndOffset);
        again.AppendOne();
        again.Flush();
    }

    /// <summary>What is lost is refused, what is before it is served, and what comes next gets new offsets; if nothing that was flushed is lost, there is no damage.</summary>
    private void AssertMarked(int lost, int flushed)
    {
        using PartitionLog log = Open(Options);
        Assert.False(log.Recovery.WasClean);
        Assert.Equal(lost < flushed ? new Offset(lost) : Offset.None, log.DamagedAt);
        Assert.InRange(log.EndOffset.Value, flushed, ends.Count - 1);
        for (Offset at = Offset.Zero; at < new Offset(flushed); at = at.Next)
        {
            LogRead read = log.Read(at, at.Next, 1);
            Assert.Equal(at.Value < lost ? null : ErrorCode.CorruptLog, read.Error?.Code);
            foreach (BufferSlice slice in read.Slices)
            {
                slice.Buffer.Release();
            }
        }

        Offset end = log.EndOffset;
        log.AppendOne();
        log.Flush();
        Assert.Single(log.ReadAll(end));
    }

    private PartitionLog Open(PartitionLogOptions options) => PartitionLog.Open(disk.Root, Batches.Log, options, Batches.Now);

    private void Append(PartitionLog log, int count)
    {
        for (int index = 0; index < count; index++)
        {
            ends.Add(ends[^1] + log.AppendOne(valueBytes: 200).Length);
        }
    }

    private void Cut(string name, long length)
    {
        using ILogFile hand = disk.Root.Open(name, writable: true);
        hand.SetLength(length);
    }

    private long Length(string name)
    {
        using ILogFile hand = disk.Root.Open(name, writable: false);
        return hand.Length;
    }
}
