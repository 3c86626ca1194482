using System.Text;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Tests;

/// <summary>Rolling, retention, time look-up, truncation, deletion.</summary>
public sealed class MaintenanceTests
{
    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 4096, IndexIntervalBytes = 300, TailCacheBytes = 0, ReserveBytes = 4096 };

    private readonly VirtualDisk disk = new();

    [Fact]
    public void A_segment_is_rolled_when_its_first_batch_gets_old_also_across_a_restart()
    {
        PartitionLogOptions aging = Options with { SegmentMillis = 1000 };
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, aging, Batches.Now))
        {
            log.AppendOne(now: Batches.Now);
            log.AppendOne(now: new UnixMillis(Batches.Now.Value + 999));
            Assert.Equal(1, log.SegmentCount);
            log.AppendOne(now: new UnixMillis(Batches.Now.Value + 1000));
            Assert.Equal(2, log.SegmentCount);
            log.Close();
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, aging, new UnixMillis(Batches.Now.Value + 1500));
        again.AppendOne(now: new UnixMillis(Batches.Now.Value + 1999));
        Assert.Equal(2, again.SegmentCount);
        again.AppendOne(now: new UnixMillis(Batches.Now.Value + 2000));
        Assert.Equal(3, again.SegmentCount);
    }

    [Fact]
    public void Retention_by_size_keeps_at_least_the_bytes_and_never_passes_the_limit()
    {
        using PartitionLog log = Filled(60);
        long size = log.SizeBytes;
        Assert.Equal(Offset.Zero, log.ApplyRetention(-1, size, log.EndOffset, Batches.Now));
        Offset start = log.ApplyRetention(-1, 10_000, new Offset(25), Batches.Now);
        Assert.InRange(start.Value, 10, 25);
        start = log.ApplyRetention(-1, 10_000, log.EndOffset, Batches.Now);
        Assert.InRange(log.SizeBytes, 10_000, 10_000 + 4096);
        Assert.Equal(start, Batches.BaseOffset(log.ReadAll()[0]));
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(new Offset(start.Value - 1), log.EndOffset, 10).Error?.Code);
        Assert.Equal(new EpochStart(new(0), Offset.Zero), log.Epochs.Entries[0]); // the epoch of the last removed record, as it was
        log.Close();
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(start, again.StartOffset);
        Assert.Equal(again.SegmentCount, disk.Root.List().Count(entry => entry.Name.EndsWith(".log", StringComparison.Ordinal)));
        Assert.DoesNotContain(disk.Root.List(), entry => entry.Name.EndsWith(".deleted", StringComparison.Ordinal));
    }

    [Fact]
    public void Retention_by_time_deletes_whole_segments_and_seals_an_expired_active_one()
    {
        using (PartitionLog log = Filled(60))
        {
            log.Close();
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Offset start = again.ApplyRetention(1000, -1, again.EndOffset, new UnixMillis(Batches.Now.Value + 1030));
        Assert.InRange(start.Value, 20, 30); // record n is stamped now + n; the segment that holds a younger one stays whole
        start = again.ApplyRetention(1000, -1, again.EndOffset, new UnixMillis(Batches.Now.Value + 5000));
        Assert.Equal(again.EndOffset, start);
        Assert.Equal(0, again.SizeBytes);
        again.AppendOne();
        Assert.Single(again.ReadAll());
    }

    [Fact]
    public void A_reader_of_a_deleted_segment_is_undisturbed()
    {
        using PartitionLog log = Filled(60);
        LogRead read = log.Read(Offset.Zero, log.EndOffset, 2000);
        log.ApplyRetention(-1, 0, log.EndOffset, Batches.Now);
        Assert.Equal(Offset.Zero, Batches.BaseOffset(Batches.Split(read.Slices[0].Span)[0]));
        read.Slices[0].Buffer.Release();
    }

    [Fact]
    public void X1_a_look_up_by_time_answers_the_first_record_at_or_after_it_even_out_of_order()
    {
        Random random = new(3);
        List<long> times = [];
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        using RecordBatchBuilder builder = new();
        while (times.Count < 400)
        {
            long baseOffset = log.EndOffset.Value;
            builder.Reset(codec: times.Count % 5 == 0 ? CompressionCodec.Gzip : CompressionCodec.None);
            for (int count = random.Next(1, 5); count > 0; count--)
            {
                times.Add((times.Count * 10) + random.Next(-200, 200) + 1000);
                builder.TryAppend(new UnixMillis(times[^1]), "k"u8, Encoding.ASCII.GetBytes(new string('v', 60)), int.MaxValue);
            }

            using SharedBuffer batch = Batches.Stamped(builder.Build(), baseOffset);
            log.Append([batch], Batches.Now);
        }

        for (long time = 700; time < 5500; time += 7)
        {
            int index = times.FindIndex(candidate => candidate >= time);
            Assert.Equal(index < 0 ? Offset.None : new Offset(index), log.OffsetForTime(new UnixMillis(time), log.EndOffset).Value);
            Offset limited = log.OffsetForTime(new UnixMillis(time), new Offset(100)).Value;
            Assert.Equal(index is < 0 or >= 100 ? Offset.None : new Offset(index), limited);
        }
    }

    [Fact]
    public void E8_truncation_takes_epochs_snapshots_and_indexes_along()
    {
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            for (int index = 0; index < 60; index++)
            {
                log.AppendOne(epoch: index / 10, valueBytes: 300);
                if (index == 25 || index == 40)
                {
                    log.WriteState([(byte)index]);
                }
            }

            log.TruncateTo(new Offset(33));
            Assert.Equal((new Offset(33), new Offset(33)), (log.EndOffset, log.FlushedOffset));
            Assert.Equal(new LeaderEpoch(3), log.Epochs.Latest);
            Assert.True(log.TryLoadState(out Offset at, out _));
            Assert.Equal(new Offset(26), at);
            Assert.Equal(33, log.ReadAll().Count);
            Assert.Equal(Offset.None, log.OffsetForTime(new UnixMillis(Batches.Now.Value + 33), log.EndOffset).Value);
            log.AppendOne(epoch: 9, timestamp: Batches.Now.Value + 1);
            log.AppendOne(epoch: 9, timestamp: Batches.Now.Value + 33);
            Assert.Equal(new Offset(34), log.OffsetForTime(new UnixMillis(Batches.Now.Value + 33), log.EndOffset).Value);
            log.Close();
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(35, again.ReadAll().Count);
        Assert.Equal(new EpochStart(new(9), new(33)), again.Epochs.Entries[^1]);
    }

    [Fact]
    public void Truncation_inside_a_batch_drops_the_batch_and_truncation_to_the_start_empties_the_log()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { TailCacheBytes = 1 << 20 }, Batches.Now);
        log.AppendOne(count: 3);
        log.AppendOne(count: 3);
        log.TruncateTo(new Offset(5));
        Assert.Equal(new Offset(3), log.EndOffset);
        Assert.Single(log.ReadAll());
        log.TruncateTo(Offset.Zero);
        Assert.Equal(Offset.Zero, log.EndOffset);
        Assert.Empty(log.ReadAll());
        log.AppendOne();
        Assert.Single(log.ReadAll());
    }

    [Fact]
    public void A_deleted_log_is_gone_and_an_interrupted_deletion_is_swept()
    {
        PartitionLog.Open(disk.Root.Subdirectory("topic-0"), Batches.Log, Options, Batches.Now).Close();
        PartitionLog.Delete(disk.Root, "topic-0");
        PartitionLog.Delete(disk.Root, "topic-0");
        Assert.Empty(disk.Root.List());
        PartitionLog.Open(disk.Root.Subdirectory("topic-1"), Batches.Log, Options, Batches.Now).Close();
        disk.Root.Sync();
        disk.CrashAtOperation = disk.Operations + 4;
        Assert.Throws<VirtualCrashException>(() => PartitionLog.Delete(disk.Root, "topic-1"));
        disk.Crash(CrashMode.DropUnflushed);
        PartitionLog.SweepDeleted(disk.Root);
        Assert.Empty(disk.Root.List());
    }

    private PartitionLog Filled(int count)
    {
        PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        for (int index = 0; index < count; index++)
        {
            log.AppendOne(valueBytes: 300);
        }

        return log;
    }
}
