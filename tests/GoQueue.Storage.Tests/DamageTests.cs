using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Tests;

/// <summary>Torn tail versus damage (reliability.md section 6 rule 4): what is cut, what is kept and refused.</summary>
public sealed class DamageTests
{
    private const string FirstSegment = "00000000000000000000.log";

    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 1 << 20, CheckpointBytes = 1 << 20, TailCacheBytes = 0, ReserveBytes = 65536, IndexIntervalBytes = 512 };

    private readonly VirtualDisk disk = new();

    [Fact]
    public void A_flipped_bit_at_the_very_end_after_the_checkpoint_is_a_torn_tail()
    {
        List<long> positions = Write(10, flushEach: true);
        disk.Crash(CrashMode.DropUnflushed);
        disk.Root.FlipBit(FirstSegment, SegmentHeader.Size + positions[9] + 70, 3);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(new Offset(9), log.EndOffset);
        Assert.Empty(log.Recovery.CorruptRanges);
        Assert.InRange(log.Recovery.TruncatedBytes, positions[10] - positions[9] - 8, positions[10] - positions[9]); // zeros at its end do not count
    }

    [Fact]
    public void A_flipped_bit_with_good_batches_behind_it_is_damage_and_nothing_is_cut()
    {
        List<long> positions = Write(10, flushEach: true);
        disk.Crash(CrashMode.DropUnflushed);
        disk.Root.FlipBit(FirstSegment, SegmentHeader.Size + positions[4] + 70, 3);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(new Offset(10), log.EndOffset);
        Assert.Equal([new CorruptRange(new(4), new(5), new(0), positions[4], positions[5])], log.Recovery.CorruptRanges);
        Assert.Equal(0, log.Recovery.TruncatedBytes);
        Assert.Equal(ErrorCode.CorruptLog, log.Read(new Offset(4), log.EndOffset, 100_000).Error?.Code);
        LogRead before = log.Read(new Offset(2), log.EndOffset, 100_000);
        Assert.Equal(new Offset(4), before.NextOffset); // up to the hole, not over it
        before.Slices[0].Buffer.Release();
        Assert.Equal(5, log.ReadAll(new Offset(5)).Count);
        log.AppendOne();
        Assert.Equal(6, log.ReadAll(new Offset(5)).Count);
    }

    [Theory]
    [InlineData(RecordBatchLayout.BatchLength + 3)]
    [InlineData(RecordBatchLayout.Magic)]
    [InlineData(RecordBatchLayout.BaseOffset + 6)]
    [InlineData(RecordBatchLayout.LastOffsetDelta + 3)]
    public void Damage_in_any_header_field_is_found_and_the_log_keeps_its_length(int field)
    {
        for (int victim = 0; victim < 9; victim++)
        {
            VirtualDisk own = new();
            List<long> positions = Write(own, 10, flushEach: true);
            own.Crash(CrashMode.DropUnflushed);
            own.Root.FlipBit(FirstSegment, SegmentHeader.Size + positions[victim] + field, 0);
            using PartitionLog log = PartitionLog.Open(own.Root, Batches.Log, Options, Batches.Now);
            Assert.Equal(new Offset(10), log.EndOffset);
            CorruptRange range = Assert.Single(log.Recovery.CorruptRanges);
            Assert.Equal((new Offset(victim), new Offset(victim + 1)), (range.Start, range.End));
        }
    }

    [Fact]
    public void A_missing_sector_of_an_unflushed_group_is_a_torn_tail_even_with_a_good_batch_behind_it()
    {
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            log.AppendOne(valueBytes: 3000);
            log.Flush();
            log.AppendOne(valueBytes: 3000);
            log.AppendOne(valueBytes: 3000);
        }

        disk.Crash(CrashMode.KeepAll);
        using (ILogFile file = disk.Root.Open(FirstSegment, writable: true))
        {
            file.Write(SegmentHeader.Size + 4096, new byte[512]); // the device lost one sector of the second batch and kept the third
        }

        using PartitionLog recovered = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(new Offset(1), recovered.EndOffset);
        Assert.Empty(recovered.Recovery.CorruptRanges);
    }

    [Fact]
    public void A_missing_sector_farther_from_the_end_than_the_unflushed_window_is_damage()
    {
        PartitionLogOptions narrow = Options with { UnflushedWindowBytes = 8192 };
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, narrow, Batches.Now))
        {
            log.Close(); // so that a checkpoint with the window stands
        }

        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, narrow, Batches.Now))
        {
            for (int index = 0; index < 10; index++)
            {
                log.AppendOne(valueBytes: 3000);
            }
        }

        disk.Crash(CrashMode.KeepAll);
        using (ILogFile file = disk.Root.Open(FirstSegment, writable: true))
        {
            file.Write(SegmentHeader.Size + 4096, new byte[512]);
        }

        using PartitionLog recovered = PartitionLog.Open(disk.Root, Batches.Log, narrow, Batches.Now);
        Assert.Equal(new Offset(10), recovered.EndOffset);
        Assert.Equal(new Offset(1), Assert.Single(recovered.Recovery.CorruptRanges).Start);
    }

    [Fact]
    public void Flushed_data_that_is_gone_leaves_a_marked_hole_and_offsets_are_not_used_again()
    {
        Write(10, flushEach: true, close: true);
        using (ILogFile file = disk.Root.Open(FirstSegment, writable: true))
        {
            file.SetLength((SegmentHeader.Size + file.Length) / 2);
        }

        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            Assert.False(log.Recovery.WasClean);
            Assert.Equal(new Offset(10), log.EndOffset);
            CorruptRange range = Assert.Single(log.Recovery.CorruptRanges);
            Assert.Equal(new Offset(10), range.End);
            Assert.InRange(range.Start.Value, 3, 5);
            Assert.Equal(ErrorCode.CorruptLog, log.Read(range.Start, log.EndOffset, 1000).Error?.Code);
            log.AppendOne();
            Assert.Single(log.ReadAll(new Offset(10)));
            log.Close();
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(ErrorCode.CorruptLog, again.Read(new Offset(7), again.EndOffset, 1000).Error?.Code);
        Assert.Single(again.ReadAll(new Offset(10)));
    }

    [Fact]
    public void Damage_that_comes_after_a_clean_stop_is_found_by_the_first_read()
    {
        List<long> positions = Write(10, flushEach: true, close: true);
        disk.Root.FlipBit(FirstSegment, SegmentHeader.Size + positions[6] + 65, 1);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.True(log.Recovery.WasClean);
        LogRead read = log.Read(new Offset(0), log.EndOffset, 1 << 20);
        Assert.Equal(new Offset(6), read.NextOffset);
        read.Slices[0].Buffer.Release();
        Assert.Equal(ErrorCode.CorruptLog, log.Read(new Offset(6), log.EndOffset, 1 << 20).Error?.Code);
    }

    [Fact]
    public void Missing_or_damaged_index_files_change_no_answer()
    {
        PartitionLogOptions small = Options with { SegmentBytes = 8192 };
        List<byte[]> written = [];
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, small, Batches.Now))
        {
            for (int index = 0; index < 100; index++)
            {
                written.Add(log.AppendOne(valueBytes: 200));
            }

            log.Close();
        }

        Random random = new(5);
        foreach (LogDirectoryEntry entry in disk.Root.List().Where(entry => entry.Name.EndsWith("index", StringComparison.Ordinal)))
        {
            switch (random.Next(4))
            {
                case 0:
                    disk.Root.Delete(entry.Name);
                    break;
                case 1:
                    disk.Root.FlipBit(entry.Name, random.Next((int)entry.Length), random.Next(8));
                    break;
                case 2:
                    using (ILogFile file = disk.Root.Open(entry.Name, writable: true))
                    {
                        file.SetLength(random.Next((int)entry.Length));
                    }

                    break;
                default:
                    using (ILogFile file = disk.Root.Open(entry.Name, writable: true))
                    {
                        byte[] noise = new byte[entry.Length];
                        random.NextBytes(noise);
                        file.Write(0, noise);
                    }

                    break;
            }
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, small, Batches.Now);
        Assert.Equal(written, again.ReadAll());
        for (int index = 0; index < 100; index++)
        {
            Assert.Equal(written[index], again.ReadAll(new Offset(index), maxBytes: 1)[0]);
            Assert.Equal(new Offset(index), again.OffsetForTime(new UnixMillis(Batches.Now.Value + index), again.EndOffset).Value);
        }
    }

    [Fact]
    public void A_lost_epoch_list_is_told_again_by_the_batches()
    {
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            foreach (int epoch in new[] { 0, 0, 2, 2, 5 })
            {
                log.AppendOne(epoch: epoch);
            }

            log.Close();
        }

        disk.Root.Delete(LeaderEpochs.FileName);
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal([new(new(0), new(0)), new(new(2), new(2)), new EpochStart(new(5), new(4))], again.Epochs.Entries);
    }

    [Fact]
    public void Lost_checkpoint_slots_make_recovery_verify_everything()
    {
        List<byte[]> written = [];
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { SegmentBytes = 4096 }, Batches.Now))
        {
            for (int index = 0; index < 50; index++)
            {
                written.Add(log.AppendOne(valueBytes: 300));
            }
        }

        disk.Crash(CrashMode.KeepAll);
        disk.Root.Delete("checkpoint");
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(written.Sum(batch => batch.Length), again.Recovery.ScannedBytes);
        Assert.Equal(written, again.ReadAll());
    }

    [Fact]
    public void When_all_segments_are_gone_the_offsets_are_not_used_again()
    {
        Write(10, flushEach: true, close: true);
        disk.Root.Delete(FirstSegment);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal((new Offset(10), new Offset(10)), (log.StartOffset, log.EndOffset));
        log.AppendOne();
        Assert.Single(log.ReadAll());
    }

    [Fact]
    public void A_file_of_a_newer_format_is_refused_and_left_alone()
    {
        Write(3, flushEach: true, close: true);
        using (ILogFile file = disk.Root.Open(LeaderEpochs.FileName, writable: true))
        {
            byte[] bytes = new byte[file.Length];
            file.Read(0, bytes);
            bytes[2] = 9;
            Checksums.Fix(bytes, LeaderEpochs.FileName);
            file.Write(0, bytes);
        }

        NewerFormatException refused = Assert.Throws<NewerFormatException>(() => PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now));
        Assert.Contains("version 9", refused.Message, StringComparison.Ordinal);
    }

    private List<long> Write(int count, bool flushEach, bool close = false) => Write(disk, count, flushEach, close);

    /// <summary>Positions of the batches and of the end.</summary>
    private static List<long> Write(VirtualDisk target, int count, bool flushEach, bool close = false)
    {
        using PartitionLog log = PartitionLog.Open(target.Root, Batches.Log, Options, Batches.Now);
        List<long> positions = [0];
        for (int index = 0; index < count; index++)
        {
            positions.Add(positions[^1] + log.AppendOne(valueBytes: 300).Length);
            if (flushEach)
            {
                log.Flush();
            }
        }

        if (close)
        {
            log.Close();
        }

        return positions;
    }
}
