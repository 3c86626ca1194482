using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Tests;

/// <summary>What a roll does in the writer's turn, and what it leaves to be done beside it.</summary>
public sealed class RollTests
{
    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 4096, IndexIntervalBytes = 256, TailCacheBytes = 0 };

    [Fact]
    public void A_roll_costs_the_writer_one_flush_of_the_header_and_one_sync_of_the_directory_when_the_last_roll_is_finished()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        FillSegment(log);
        long before = disk.Flushes;
        AppendOne(log);
        Assert.Equal(2, log.SegmentCount);
        Assert.Equal(2, disk.Flushes - before);
        log.Flush();
        Assert.Equal(3, disk.Flushes - before);
    }

    [Fact]
    public void A_roll_flushes_what_the_old_segment_holds_before_the_next_name_appears()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        while (log.SegmentCount == 1)
        {
            AppendOne(log);
        }

        Assert.Equal(log.ActiveSegmentStart, log.FlushedOffset);
    }

    [Fact]
    public void What_a_roll_leaves_is_done_beside_the_writer_and_moves_the_checkpoint_into_the_next_segment()
    {
        VirtualDisk disk = new();
        PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        FillSegment(log);
        AppendOne(log);
        log.Flush();
        log.WriteStateBeside([1, 2, 3], log.EndOffset);
        Assert.True(log.HasWorkBeside);
        log.FinishRoll();
        Assert.False(log.HasWorkBeside);
        Assert.Contains(disk.Root.List(), entry => entry.Name == "00000000000000000000.index");
        Assert.True(disk.Root.List().Single(entry => entry.Name == "00000000000000000000.log").Length < SegmentHeader.Size + Options.SegmentBytes, "the sealed segment has no reserved room");
        Assert.True(log.TryLoadState(out Offset at, out byte[] state));
        Assert.Equal((log.EndOffset, 3), (at, state.Length));
        log.Dispose();
        disk.Crash(CrashMode.DropUnflushed);
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(1, again.Recovery.ScannedSegments);
    }

    [Fact]
    public void A_crash_before_the_rest_of_a_roll_is_done_makes_recovery_scan_the_sealed_segment_and_do_it()
    {
        VirtualDisk disk = new();
        PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        FillSegment(log);
        AppendOne(log);
        log.Flush();
        Offset end = log.EndOffset;
        log.Dispose();
        disk.Crash(CrashMode.DropUnflushed);
        using (PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            Assert.Equal(2, again.Recovery.ScannedSegments);
            Assert.Empty(again.CorruptRanges);
            Assert.Equal(end, again.EndOffset);
            Assert.True(disk.Root.List().Single(entry => entry.Name == "00000000000000000000.log").Length < SegmentHeader.Size + Options.SegmentBytes);
            Assert.Contains(disk.Root.List(), entry => entry.Name == "00000000000000000000.index");
            again.Close();
        }

        using PartitionLog clean = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.True(clean.Recovery.WasClean);
        Assert.Equal(new Offset(2), clean.OffsetForTime(new UnixMillis(Batches.Now.Value + 2), clean.EndOffset).Value);
    }

    [Fact]
    public void A_flush_that_fails_beside_the_writer_ends_the_log()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        FillSegment(log);
        AppendOne(log);
        log.Flush();
        disk.FailFlush = disk.Flushes + 1;
        Assert.Throws<FlushFailedException>(log.FinishRoll);
        Assert.True(log.IsFailed);
        Assert.Throws<LogFailedException>(() => AppendOne(log));
    }

    [Fact]
    public void Truncation_below_an_unfinished_roll_finishes_it_first()
    {
        VirtualDisk disk = new();
        PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        FillSegment(log);
        AppendOne(log);
        log.Flush();
        log.WriteStateBeside([9], log.EndOffset);
        log.TruncateTo(new Offset(2));
        Assert.False(log.HasWorkBeside);
        Assert.False(log.TryLoadState(out _, out _), "the snapshot spoke of what was cut");
        AppendOne(log);
        log.Flush();
        log.Dispose();
        disk.Crash(CrashMode.DropUnflushed);
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(new Offset(3), again.EndOffset);
    }

    /// <summary>Appends and flushes until the next batch would begin a new segment.</summary>
    private static void FillSegment(PartitionLog log)
    {
        int size = AppendOne(log);
        while (log.SizeBytes + size + 10 <= Options.SegmentBytes)
        {
            AppendOne(log);
        }

        log.Flush();
        Assert.Equal(1, log.SegmentCount);
    }

    private static int AppendOne(PartitionLog log) => log.AppendOne(valueBytes: 300).Length;
}
