using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Tests;

public sealed class SpareSegmentTests
{
    private static readonly UnixMillis Now = new(1_700_000_000_000);
    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 4096, ReserveBytes = 0 };

    [Fact]
    public void A_full_segment_is_followed_by_the_prepared_spare()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Now);
        Assert.False(log.WantsSpare);
        Retire(log);
        log.PrepareSpare();
        Assert.Contains(disk.Root.List(), entry => entry.Name == "spare.zero" && entry.Length == Options.SegmentBytes + SegmentHeader.Size);
        Assert.False(log.WantsSpare);
        int segments = log.SegmentCount;
        AppendUntil(log, () => log.SegmentCount == segments + 1);
        Assert.DoesNotContain(disk.Root.List(), entry => entry.Name == "spare.zero");
        Assert.Equal(Options.SegmentBytes + SegmentHeader.Size, disk.Root.List().Last(entry => entry.Name.EndsWith(".log", StringComparison.Ordinal)).Length);
        CheckContent(log);
    }

    [Fact]
    public void A_retired_segment_becomes_the_makings_of_the_spare_and_its_readers_are_undisturbed()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { TailCacheBytes = 0 }, Now);
        AppendUntil(log, () => log.SegmentCount == 3);
        LogRead before = log.Read(Offset.Zero, log.EndOffset, 4096);
        byte[] seen = before.Slices[0].Span.ToArray();
        log.ApplyRetention(-1, 4096, log.EndOffset, Now);
        log.PrepareSpare();
        Assert.Equal(seen, before.Slices[0].Span.ToArray());
        Assert.Contains(disk.Root.List(), entry => entry.Name == "spare.zero");
        Release(before);
    }

    [Fact]
    public void A_disk_that_fails_makes_no_spare_and_the_log_goes_on_without()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Now);
        Retire(log);
        disk.FailWrite = disk.Writes + 1;
        log.PrepareSpare();
        Assert.False(log.WantsSpare);
        Assert.DoesNotContain(disk.Root.List(), entry => entry.Name == "spare.zero");
        Retire(log);
        CheckContent(log);
    }

    /// <summary>Goal: spares and recycling never cost a flushed record. Method: the power goes at every operation, in three manners.</summary>
    [Theory]
    [InlineData(CrashMode.KeepAll)]
    [InlineData(CrashMode.DropUnflushed)]
    [InlineData(CrashMode.Tear)]
    public void Flushed_records_survive_power_loss_at_every_operation_with_spares_and_recycling(CrashMode mode)
    {
        for (int cut = 1; cut < 400; cut++)
        {
            VirtualDisk disk = new(cut);
            Offset start = Offset.Zero;
            Offset flushed = Offset.Zero;
            disk.CrashAtOperation = cut;
            bool isOver = false;
            try
            {
                PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Now);
                disk.Root.Sync();
                while (log.EndOffset < new Offset(60))
                {
                    AppendOne(log);
                    flushed = log.FlushedOffset;
                    if (log.WantsSpare)
                    {
                        log.PrepareSpare();
                    }

                    start = log.ApplyRetention(-1, 8192, log.EndOffset, Now);
                }

                isOver = true;
            }
            catch (VirtualCrashException)
            {
                // the point of it
            }

            disk.Crash(mode);
            using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Now);
            Assert.Empty(again.CorruptRanges);
            Assert.True(again.EndOffset >= flushed, $"cut {cut}: {again.EndOffset} < {flushed}");
            Assert.True(again.StartOffset >= start || again.StartOffset <= flushed);
            CheckContent(again);
            AppendOne(again);
            if (isOver)
            {
                return;
            }
        }

        Assert.Fail("the workload never finished: raise the bound");
    }

    /// <summary>Appends and drops old segments until one waits to be made into a spare.</summary>
    private static void Retire(PartitionLog log)
    {
        AppendUntil(log, () => log.SegmentCount == 3);
        log.ApplyRetention(-1, 4096, log.EndOffset, Now);
        Assert.True(log.WantsSpare);
    }

    private static void AppendUntil(PartitionLog log, Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
        {
            AppendOne(log);
        }

        Assert.True(condition());
    }

    private static void AppendOne(PartitionLog log)
    {
        using RecordBatchBuilder builder = new();
        byte[] value = new byte[300];
        Array.Fill(value, (byte)(log.EndOffset.Value + 1));
        Assert.True(builder.TryAppend(Now, "k"u8, value, int.MaxValue));
        using SharedBuffer batch = builder.Build();
        RecordBatchHeader.Stamp(batch.Span, log.EndOffset, LeaderEpoch.Zero);
        log.Append([batch], Now);
        log.Flush();
    }

    private static void CheckContent(PartitionLog log)
    {
        Offset next = log.StartOffset;
        while (next < log.EndOffset)
        {
            LogRead read = log.Read(next, log.EndOffset, 1 << 20);
            Assert.Null(read.Error);
            foreach (BufferSlice slice in read.Slices)
            {
                ReadOnlySpan<byte> bytes = slice.Span;
                while (bytes.Length > 0)
                {
                    RecordBatchHeader header = new(bytes);
                    Assert.Equal(next, header.BaseOffset);
                    Assert.Equal((byte)(header.BaseOffset.Value + 1), bytes[(int)header.TotalSize - 2]);
                    next = header.NextOffset;
                    bytes = bytes[(int)header.TotalSize..];
                }
            }

            Release(read);
        }
    }

    private static void Release(LogRead read)
    {
        foreach (BufferSlice slice in read.Slices)
        {
            slice.Buffer.Release();
        }
    }
}
