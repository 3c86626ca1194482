using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Tests;

/// <summary>What retention and compaction leave of the epochs: enough to tell a follower where its log parts from this one (E1, E3).</summary>
public sealed class EpochsKeptTests
{
    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 2000, TailCacheBytes = 0, IndexIntervalBytes = 512, ReserveBytes = 4096, RecycleSegments = false };

    /// <summary>Seed disks-1795288780229.</summary>
    [Fact]
    public void E3_retention_keeps_where_the_epoch_of_the_last_removed_record_began()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        for (int index = 0; index < 30; index++)
        {
            log.AppendOne(epoch: index < 5 ? 7 : 8, valueBytes: 300);
        }

        log.Flush();
        Offset start = log.ApplyRetention(-1, 0, log.EndOffset, Batches.Now);
        Assert.True(start > new Offset(5), $"the log begins at {start}");
        EpochStart end = log.Epochs.EndOffsetFor(new LeaderEpoch(7), log.EndOffset);
        Assert.Equal(new Offset(5), end.StartOffset); // a follower with records of epoch 7 up to the start is told to cut
        Assert.Equal([new EpochStart(new LeaderEpoch(8), new Offset(5))], log.Epochs.Entries);
    }

    [Fact]
    public void E3_a_log_that_begins_anew_knows_where_the_epoch_of_the_record_before_it_began_also_after_a_crash()
    {
        VirtualDisk disk = new();
        EpochStart before = new(new LeaderEpoch(8), new Offset(45));
        PartitionLog.KeepEpochBefore(disk.Root, Batches.Log, before);
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { FirstOffset = new Offset(48) }, Batches.Now))
        {
            log.AppendOne(epoch: 8, valueBytes: 300);
            log.AppendOne(epoch: 9, valueBytes: 300);
            log.Flush();
        }

        disk.Crash(CrashMode.DropUnflushed);
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal([before, new EpochStart(new LeaderEpoch(9), new Offset(49))], again.Epochs.Entries);
        Assert.Equal(new Offset(45), again.Epochs.EndOffsetFor(new LeaderEpoch(7), again.EndOffset).StartOffset); // a follower at 48 behind a record of epoch 7 is told to cut
        Assert.Equal(before, again.Epochs.Before(again.StartOffset));
        Assert.Equal(LeaderEpoch.None, again.Epochs.Before(new Offset(45)).Epoch);
    }

    /// <summary>Seed large-1795288669053.</summary>
    [Fact]
    public void E1_compaction_keeps_the_first_batch_of_every_epoch_so_that_a_copy_knows_where_it_began()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { CheckpointBytes = 1 }, Batches.Now);
        for (int index = 0; index < 60; index++)
        {
            using RecordBatchBuilder builder = new();
            builder.TryAppend(Batches.Now, "one key"u8, new byte[100], int.MaxValue);
            using SharedBuffer batch = Batches.Stamped(builder.Build(), index, index / 7);
            log.Append([batch], Batches.Now);
            log.Flush();
        }

        using LogCleaner cleaner = new(log, new LogCleanerOptions());
        CleanerStatus status = cleaner.TryBegin(log.EndOffset, Batches.Now);
        while (status is CleanerStatus.Working or CleanerStatus.ReadyToSwap)
        {
            if (status == CleanerStatus.ReadyToSwap)
            {
                cleaner.Swap();
            }

            status = cleaner.Work(1 << 20);
        }

        using PartitionLog copy = PartitionLog.Open(new VirtualDisk().Root, Batches.Log, Options, Batches.Now);
        foreach (byte[] batch in log.ReadAll())
        {
            using SharedBuffer bytes = SharedBuffer.CopyOf(batch);
            copy.AppendReplicated(new BufferSlice(bytes, 0, bytes.Length), Batches.Now);
        }

        Assert.True(log.ReadAll().Count < 40, "something was compacted");
        Assert.Equal(log.Epochs.Entries, copy.Epochs.Entries);
    }
}
