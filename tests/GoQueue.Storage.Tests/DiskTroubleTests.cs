using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Tests;

/// <summary>A disk that fills up, and one that fails.</summary>
public sealed class DiskTroubleTests
{
    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 8192, TailCacheBytes = 0, IndexIntervalBytes = 512, ReserveBytes = 4096 };

    private readonly VirtualDisk disk = new();

    [Fact]
    public void A_full_disk_refuses_appends_keeps_reading_and_goes_on_when_there_is_room()
    {
        // Every capacity is tried, so that the disk fills up in every possible operation.
        for (long capacity = 12_400; capacity < 64_000; capacity += 331)
        {
            VirtualDisk own = new() { Capacity = capacity };
            PartitionLog log = PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now);
            List<byte[]> written = [];
            bool wasFull = false;
            for (int index = 0; index < 100 && !wasFull; index++)
            {
                Offset end = log.EndOffset;
                try
                {
                    written.Add(log.AppendOne(count: 2, epoch: index / 10, valueBytes: 300));
                    log.Flush();
                }
                catch (DiskFullException)
                {
                    wasFull = true;
                    Assert.Equal(end, log.EndOffset);
                    Assert.False(log.IsFailed);
                    Assert.Equal(written, log.ReadAll());
                    Assert.Throws<DiskFullException>(() => log.AppendOne(epoch: 11, valueBytes: 30_000));
                }
            }

            Assert.True(wasFull || capacity > 50_000, $"capacity {capacity} is not enough for everything");
            own.Capacity = long.MaxValue;
            written.Add(log.AppendOne(epoch: 12, valueBytes: 300));
            written.Add(log.AppendOne(epoch: 12, valueBytes: 3000));
            log.Flush();
            Assert.Equal(written, log.ReadAll());
            log.Dispose();
            own.Crash(CrashMode.Tear);
            using PartitionLog again = PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now);
            Assert.Equal(written, again.ReadAll());
            Assert.Empty(again.Recovery.CorruptRanges);
        }
    }

    /// <summary>Goal: a log that had no room to begin with is as good as another once it has. Method: every amount of room too small, then plenty, then none again.</summary>
    [Fact]
    public void A_log_that_had_no_room_to_begin_takes_its_checkpoint_whole_before_it_opens()
    {
        for (long room = 0; room < 12_288; room += 4096)
        {
            VirtualDisk own = new() { Capacity = room };
            Assert.Throws<DiskFullException>(() => PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now));
            Assert.Throws<DiskFullException>(() => PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now));
            own.Capacity = long.MaxValue;
            PartitionLog log = PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now);
            log.AppendOne(count: 2, epoch: 1, valueBytes: 300);
            log.AppendOne(count: 2, epoch: 1, valueBytes: 300);
            log.Flush();
            own.Capacity = long.MaxValue - own.Root.AvailableBytes + 40; // no more than the intent takes
            log.TruncateTo(new Offset(2));
            log.Close();
        }
    }

    [Fact]
    public void Retention_on_a_full_disk_removes_what_is_sealed_and_breaks_nothing()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { SegmentBytes = 2000 }, Batches.Now);
        while (log.SegmentCount < 4)
        {
            log.AppendOne(valueBytes: 300);
        }

        log.Flush();
        log.FinishRoll();
        Offset active = log.ActiveSegmentStart;
        disk.Capacity = 1;
        try
        {
            log.ApplyRetention(1, -1, log.EndOffset, new UnixMillis(Batches.Now.Value + 1_000_000));
        }
        catch (DiskFullException)
        {
            // the list of epochs could not be written
        }

        Assert.False(log.IsFailed);
        Assert.True(log.StartOffset >= active, $"{log.StartOffset} is kept, the last segment begins at {active}");
        disk.Capacity = long.MaxValue;
        log.AppendOne();
        log.Flush();
        Assert.Equal(log.EndOffset, log.FlushedOffset);
    }

    [Fact]
    public void The_newest_committed_snapshot_stays_however_many_are_newer_and_a_cut_below_it_forgets_what_was_committed()
    {
        PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        for (byte index = 1; index <= 6; index++)
        {
            log.AppendOne();
            log.WriteState([index], committed: new Offset(Math.Min(index, (byte)2)));
        }

        Assert.Equal((new Offset(2), new Offset(2), new Offset(6)), (log.CommittedEnd, log.NewestStateUpTo(new Offset(4)), log.NewestStateUpTo(log.EndOffset)));
        log.TruncateTo(new Offset(4));
        Assert.True(log.TryLoadState(out Offset at, out byte[] state));
        Assert.Equal((new Offset(2), 2, new Offset(2)), (at, state[0], log.CommittedEnd));
        log.Dispose();
        disk.Crash(CrashMode.DropUnflushed);
        log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(new Offset(2), log.CommittedEnd);
        log.TruncateTo(new Offset(1)); // an unclean election
        log.AppendOne();
        log.AppendOne();
        log.Flush();
        Assert.Equal(Offset.Zero, log.CommittedEnd);
        log.Dispose();
        disk.Crash(CrashMode.DropUnflushed);
        log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal((Offset.Zero, new Offset(3)), (log.CommittedEnd, log.EndOffset));
        log.Dispose();
    }

    [Fact]
    public void A_snapshot_that_finds_the_disk_full_leaves_the_older_one()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        log.AppendOne();
        log.WriteState([1]);
        log.AppendOne();
        log.Flush();
        disk.Capacity = 0;
        Assert.Throws<DiskFullException>(() => log.WriteState(new byte[100]));
        Assert.True(log.TryLoadState(out Offset at, out _));
        Assert.Equal(new Offset(1), at);
        Assert.False(log.IsFailed);
    }

    [Fact]
    public void A_failed_flush_stops_the_log_and_opening_again_recovers_it()
    {
        for (int failing = 1; failing < 12; failing++)
        {
            VirtualDisk own = new(failing);
            List<byte[]> flushed = [];
            using (PartitionLog log = PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now))
            {
                log.AppendOne(valueBytes: 700);
                own.FailFlush = own.Flushes + failing;
                Assert.Throws<FlushFailedException>(() =>
                {
                    for (int index = 0; index < 100; index++)
                    {
                        log.Flush();
                        flushed = log.ReadAll();
                        log.AppendOne(valueBytes: 700);
                    }
                });
                Assert.True(log.IsFailed);
                Assert.Equal(new Offset(flushed.Count), log.FlushedOffset);
                Assert.Throws<LogFailedException>(log.Flush);
                Assert.Throws<LogFailedException>(() => log.AppendOne());
                Assert.Throws<LogFailedException>(() => log.WriteState([1]));
                Assert.Throws<LogFailedException>(() => log.TruncateTo(Offset.Zero));
                Assert.Equal(flushed, log.ReadAll().Take(flushed.Count));
                log.Close(); // closes, and does not claim to be clean
            }

            using (PartitionLog again = PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now))
            {
                Assert.False(again.Recovery.WasClean);
                flushed = again.ReadAll();
                Assert.Equal(again.EndOffset, again.FlushedOffset);
            }

            // What the second open called flushed is really on the device, although the failed flush had left it looking clean.
            own.Crash(CrashMode.DropUnflushed);
            using PartitionLog last = PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now);
            Assert.Equal(flushed, last.ReadAll());
            Assert.Empty(last.Recovery.CorruptRanges);
        }
    }

    [Fact]
    public void A_failed_write_stops_the_log_and_opening_again_recovers_it()
    {
        List<byte[]> written = [];
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            written.Add(log.AppendOne());
            log.Flush();
            disk.FailWrite = disk.Writes + 1;
            Assert.Throws<IOException>(() => log.AppendOne());
            Assert.True(log.IsFailed);
            Assert.Throws<LogFailedException>(() => log.AppendOne());
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(written, again.ReadAll());
        again.AppendOne();
    }

    [Fact]
    public void A_failed_read_fails_that_read_only()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        log.AppendOne();
        disk.FailRead = disk.Reads + 1;
        Assert.Throws<IOException>(() => log.Read(Offset.Zero, log.EndOffset, 100));
        Assert.Single(log.ReadAll());
        Assert.False(log.IsFailed);
    }
}
