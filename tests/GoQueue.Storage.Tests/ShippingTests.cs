using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;
using GoQueue.Storage.Shipping;

namespace GoQueue.Storage.Tests;

/// <summary>Sealed segments taken whole from another log: nothing half, nothing wrong, whatever the moment of a crash.</summary>
public sealed class ShippingTests
{
    private static readonly PartitionLogOptions Options = new()
    {
        SegmentBytes = 4000, IndexIntervalBytes = 400, CheckpointBytes = 2500, TailCacheBytes = 0, ReserveBytes = 4096,
    };

    [Fact]
    public void A_follower_that_takes_every_sealed_segment_whole_has_the_same_log_epochs_and_indexes()
    {
        using PartitionLog leader = Leader(new VirtualDisk().Root, 60);
        VirtualDisk disk = new();
        using PartitionLog follower = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        int shipped = 0;
        while (leader.CountSealedFrom(follower.EndOffset) > 0)
        {
            Ship(leader, follower);
            shipped++;
            Assert.Equal(follower.EndOffset, follower.FlushedOffset);
        }

        Assert.Equal(leader.SegmentCount - 1, shipped);
        Assert.Equal(leader.ActiveSegmentStart, follower.EndOffset);
        CheckPrefix(leader, follower);
        Assert.Equal(leader.Epochs.Entries.Where(entry => entry.StartOffset < follower.EndOffset), follower.Epochs.Entries);
        Assert.Equal(new Offset(7), follower.OffsetForTime(new UnixMillis(Batches.Now.Value + 7), follower.EndOffset).Value);
        Assert.DoesNotContain(disk.Root.List(), entry => entry.Name.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Bytes_between_two_offsets_are_exact_for_whole_segments_and_a_share_of_cut_ones()
    {
        using PartitionLog log = Leader(new VirtualDisk().Root, 60);
        Assert.Equal(log.SizeBytes, log.EstimateBytes(log.StartOffset, log.EndOffset));
        Assert.Equal(0, log.EstimateBytes(log.EndOffset, log.EndOffset));
        Assert.Equal(0, log.EstimateBytes(new Offset(9), new Offset(3)));
        Offset first = log.EndOfFirstSegment();
        long whole = log.EstimateBytes(Offset.Zero, first);
        Assert.Equal(log.DescribeSealed(Offset.Zero).Value.SizeBytes, whole);
        long half = log.EstimateBytes(new Offset(first.Value / 2), first);
        Assert.InRange(half, whole / 3, whole * 2 / 3);
        Assert.Equal(log.SizeBytes, log.EstimateBytes(Offset.Zero, first) + log.EstimateBytes(first, log.EndOffset));
    }

    [Fact]
    public void A_segment_is_adopted_behind_records_that_were_fetched_and_fetching_goes_on_behind_it()
    {
        using PartitionLog leader = Leader(new VirtualDisk().Root, 60);
        using PartitionLog follower = PartitionLog.Open(new VirtualDisk().Root, Batches.Log, Options with { SegmentBytes = 1500 }, Batches.Now);
        Fetch(leader, follower, until: leader.EndOfFirstSegment());
        Ship(leader, follower);
        Fetch(leader, follower, until: leader.EndOffset);
        CheckPrefix(leader, follower);
        follower.Close();
    }

    [Fact]
    public void Nothing_is_offered_inside_a_segment_or_of_the_active_one()
    {
        using PartitionLog leader = Leader(new VirtualDisk().Root, 60);
        Assert.Equal(leader.SegmentCount - 1, leader.CountSealedFrom(Offset.Zero));
        Assert.Equal(0, leader.CountSealedFrom(new Offset(1)));
        Assert.Equal(0, leader.CountSealedFrom(leader.ActiveSegmentStart));
        Assert.Equal(ErrorCode.PreconditionFailed, leader.DescribeSealed(leader.ActiveSegmentStart).Error.Code);
    }

    [Fact]
    public void A_segment_that_is_retired_while_it_is_shipped_is_refused()
    {
        using PartitionLog leader = Leader(new VirtualDisk().Root, 60);
        SealedSegment segment = leader.DescribeSealed(Offset.Zero).Value;
        leader.ApplyRetention(-1, 1, leader.EndOffset, Batches.Now);
        Assert.Equal(ErrorCode.PreconditionFailed, leader.ReadSealed(segment, 0, 100).Error.Code);
        Assert.Equal(ErrorCode.PreconditionFailed, leader.DescribeSealed(Offset.Zero).Error.Code);
    }

    [Fact]
    public void A_segment_that_is_compacted_while_it_is_shipped_is_refused_and_the_compacted_one_is_taken_gaps_and_all()
    {
        VirtualDisk leaderDisk = new();
        using PartitionLog leader = PartitionLog.Open(leaderDisk.Root, Batches.Log, Options, Batches.Now);
        for (int index = 0; index < 60; index++)
        {
            leader.AppendOne(valueBytes: 300); // one key: compaction leaves the newest
            leader.Flush();
        }

        SealedSegment before = leader.DescribeSealed(Offset.Zero).Value;
        Compact(leader);
        Assert.Equal(ErrorCode.PreconditionFailed, leader.ReadSealed(before, 0, 100).Error.Code);
        if (leader.CountSealedFrom(Offset.Zero) == 0)
        {
            return; // nothing of it is left
        }

        VirtualDisk disk = new();
        using (PartitionLog follower = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            Ship(leader, follower);
            Assert.Equal(leader.ReadAll().TakeWhile(batch => new RecordBatchHeader(batch).BaseOffset < follower.EndOffset).Count(), follower.ReadAll().Count);
        }

        disk.Crash(CrashMode.DropUnflushed);
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Empty(again.CorruptRanges);
        again.ReadAll();
    }

    [Fact]
    public void A_damaged_segment_is_not_described_and_not_offered_again()
    {
        VirtualDisk disk = new();
        using PartitionLog leader = Leader(disk.Root, 60);
        using (ILogFile file = disk.Root.Open("00000000000000000000.log", writable: true))
        {
            file.Write(SegmentHeader.Size + 500, "damage"u8);
        }

        Assert.Equal(ErrorCode.CorruptLog, leader.DescribeSealed(Offset.Zero).Error.Code);
        Assert.Equal(0, leader.CountSealedFrom(Offset.Zero));
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("order")]
    [InlineData("epoch")]
    public void What_is_not_what_was_announced_is_refused_and_leaves_nothing(string what)
    {
        using PartitionLog leader = Leader(new VirtualDisk().Root, 60);
        VirtualDisk disk = new();
        using PartitionLog follower = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        SealedSegment segment = leader.DescribeSealed(Offset.Zero).Value;
        byte[] bytes = Bytes(leader, segment);
        if (what == "bytes")
        {
            bytes[^1] ^= 1;
        }
        else if (what == "order")
        {
            int first = (int)new RecordBatchHeader(bytes).TotalSize;
            bytes = [.. bytes[first..], .. bytes[..first]];
        }

        if (what != "bytes")
        {
            segment = segment with { Checksum = Crc32C.Compute(bytes) };
        }

        using (IncomingSegment incoming = follower.BeginIncoming(segment))
        {
            incoming.Write(bytes);
            Error? refused = incoming.Complete(what == "epoch" ? LeaderEpoch.Zero : new LeaderEpoch(1000));
            Assert.Equal(ErrorCode.CorruptBatch, refused?.Code);
        }

        Assert.Equal(Offset.Zero, follower.EndOffset);
        Assert.DoesNotContain(disk.Root.List(), entry => entry.Name.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_room_for_a_segment_nothing_is_begun()
    {
        using PartitionLog leader = Leader(new VirtualDisk().Root, 60);
        VirtualDisk disk = new();
        using PartitionLog follower = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        disk.Capacity = 10_000;
        SealedSegment segment = leader.DescribeSealed(Offset.Zero).Value;
        disk.Capacity = disk.Root.List().Sum(entry => entry.Length) + 100;
        Assert.Throws<DiskFullException>(() => follower.BeginIncoming(segment));
        disk.Capacity = long.MaxValue;
        Ship(leader, follower);
        CheckPrefix(leader, follower);
    }

    /// <summary>
    /// Goal: a crash at any disk operation of fetching and shipping leaves a log that is a prefix of the leader's, with everything that counted, and that goes on.
    /// Method: as CrashTests, over a follower that begins by fetching, ships, fetches and ships again.
    /// </summary>
    [Theory]
    [InlineData(CrashMode.KeepAll, 1)]
    [InlineData(CrashMode.DropUnflushed, 1)]
    [InlineData(CrashMode.Tear, 8)]
    public void A_crash_at_any_operation_leaves_a_prefix_of_the_leaders_log_with_everything_that_counted(CrashMode mode, int seeds)
    {
        using PartitionLog leader = Leader(new VirtualDisk().Root, 80);
        for (int seed = 0; seed < seeds; seed++)
        {
            bool isOver = false;
            for (long cut = 1; !isOver; cut++)
            {
                Assert.True(cut < 2000, "the workload never finished: raise the bound");
                VirtualDisk disk = new(seed) { CrashAtOperation = cut };
                Offset counted = Offset.Zero;
                try
                {
                    using PartitionLog follower = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
                    disk.Root.Sync();
                    CatchUp(leader, follower, ref counted);
                    isOver = true;
                }
                catch (VirtualCrashException)
                {
                    // the point of it
                }

                disk.Crash(mode);
                string where = $"seed {seed}, cut {cut}, {mode}";
                using (PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
                {
                    Assert.True(again.Recovery.CorruptRanges.Count == 0, where);
                    Assert.True(again.EndOffset >= counted, $"{where}: {again.EndOffset} < {counted}");
                    CheckPrefix(leader, again);
                    Assert.DoesNotContain(disk.Root.List(), entry => entry.Name.EndsWith(".tmp", StringComparison.Ordinal));
                    Fetch(leader, again, until: BoundaryAtOrAfter(leader, again.EndOffset));
                    Offset ignored = Offset.Zero;
                    CatchUp(leader, again, ref ignored);
                    CheckPrefix(leader, again);
                    again.Close();
                }

                using PartitionLog clean = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
                Assert.True(clean.Recovery.WasClean, where);
                CheckPrefix(leader, clean);
            }
        }
    }

    /// <summary>One segment by fetches, two shipped, one by fetches, the rest shipped, the end by fetches.</summary>
    private static void CatchUp(PartitionLog leader, PartitionLog follower, ref Offset counted)
    {
        for (int round = 0; follower.EndOffset < leader.EndOffset; round++)
        {
            if (round % 3 != 0 && leader.CountSealedFrom(follower.EndOffset) > 0)
            {
                Ship(leader, follower);
            }
            else
            {
                Fetch(leader, follower, until: BoundaryAtOrAfter(leader, follower.EndOffset.Next));
            }

            counted = follower.FlushedOffset;
        }
    }

    private static Offset BoundaryAtOrAfter(PartitionLog leader, Offset from)
    {
        Offset at = Offset.Zero;
        while (at < from && leader.DescribeSealed(at).TryGet(out SealedSegment segment, out _))
        {
            at = segment.EndOffset;
        }

        return at < from ? leader.EndOffset : at;
    }

    private static PartitionLog Leader(ILogDirectory directory, int batches)
    {
        PartitionLog log = PartitionLog.Open(directory, Batches.Log, Options, Batches.Now);
        for (int index = 0; index < batches; index++)
        {
            log.AppendOne(epoch: index / 7, valueBytes: 300);
            log.Flush();
        }

        return log;
    }

    private static void Ship(PartitionLog leader, PartitionLog follower)
    {
        SealedSegment segment = leader.DescribeSealed(follower.EndOffset).Value;
        using IncomingSegment incoming = follower.BeginIncoming(segment);
        while (incoming.Position < segment.SizeBytes)
        {
            using SharedBuffer part = leader.ReadSealed(segment, incoming.Position, 1000).Value;
            incoming.Write(part.Span);
        }

        Assert.Null(incoming.Complete(leader.Epochs.Latest));
        follower.Adopt(incoming, Batches.Now);
    }

    private static byte[] Bytes(PartitionLog leader, in SealedSegment segment)
    {
        using SharedBuffer all = leader.ReadSealed(segment, 0, (int)segment.SizeBytes).Value;
        return all.Span.ToArray();
    }

    private static void Fetch(PartitionLog leader, PartitionLog follower, Offset until)
    {
        while (follower.EndOffset < until)
        {
            LogRead read = leader.Read(follower.EndOffset, until, 1200);
            Assert.Null(read.Error);
            foreach (BufferSlice slice in read.Slices)
            {
                follower.AppendReplicated(slice, Batches.Now);
                slice.Buffer.Release();
            }

            follower.Flush();
        }
    }

    private static void CheckPrefix(PartitionLog leader, PartitionLog follower)
    {
        List<byte[]> mine = follower.ReadAll();
        List<byte[]> theirs = leader.ReadAll();
        Assert.True(mine.Count <= theirs.Count);
        for (int index = 0; index < mine.Count; index++)
        {
            Assert.True(mine[index].AsSpan().SequenceEqual(theirs[index]), $"batch {index} differs");
            RecordBatchHeader header = new(mine[index]);
            Assert.Equal(header.LeaderEpoch, follower.Epochs.EpochAt(header.BaseOffset));
        }

        Assert.Equal(mine.Count == 0 ? Offset.Zero : new RecordBatchHeader(mine[^1]).NextOffset, follower.EndOffset);
    }

    private static void Compact(PartitionLog log)
    {
        using LogCleaner cleaner = new(log, new LogCleanerOptions());
        CleanerStatus status = cleaner.TryBegin(log.EndOffset, Batches.Now);
        Assert.Equal(CleanerStatus.Working, status);
        while (status != CleanerStatus.Idle)
        {
            status = cleaner.Work(1 << 20);
            if (status == CleanerStatus.ReadyToSwap)
            {
                cleaner.Swap();
            }
        }
    }
}

internal static class SegmentsOfLog
{
    public static Offset EndOfFirstSegment(this PartitionLog log) => log.DescribeSealed(Offset.Zero).Value.EndOffset;
}
