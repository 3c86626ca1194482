using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Tests;

/// <summary>The scrub finds what no reader meets, in steps of any size, and takes nothing else for damage.</summary>
public sealed class ScrubTests
{
    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 4096, IndexIntervalBytes = 256, TailCacheBytes = 0, ReserveBytes = 4096 };
    private static readonly TimeSpan Interval = TimeSpan.FromDays(7);

    private readonly VirtualDisk disk = new();

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public void Every_segment_is_verified_once_in_an_interval_whatever_the_step(int step)
    {
        long written = Write(100);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        (long bytes, bool isDamaged) = ScrubAll(log, step, Batches.Now);
        Assert.Equal(written, bytes);
        Assert.False(isDamaged);
        Assert.Null(log.NextToScrub(Later(Interval - TimeSpan.FromMilliseconds(1)), Interval));
        Assert.Equal(bytes, ScrubAll(log, step, Later(Interval)).Bytes);
    }

    /// <summary>Else damage would stay unseen until the time comes that the clock showed before.</summary>
    [Fact]
    public void A_clock_that_was_set_back_puts_no_segment_off()
    {
        long written = Write(100);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        ScrubAll(log, 1 << 20, Later(Interval));
        Assert.Equal(written, ScrubAll(log, 1 << 20, Later(TimeSpan.FromHours(1))).Bytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public void A_flipped_bit_of_a_sealed_segment_is_found_where_it_is(int step)
    {
        Write(100);
        string victim = Segments()[2];
        disk.Root.FlipBit(victim, SegmentHeader.Size + 1000, 3);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.True(log.DamagedAt.IsNone);
        Assert.True(ScrubAll(log, step, Batches.Now).IsDamaged);
        long first = long.Parse(victim.AsSpan(0, 20));
        Assert.InRange(log.DamagedAt.Value, first, first + 20);
        Assert.Equal(ErrorCode.CorruptLog, log.Read(log.DamagedAt, log.EndOffset, 1).Error?.Code);
        Assert.Null(log.NextToScrub(Batches.Now, Interval)); // it is not looked for again at once
    }

    [Fact]
    public void A_segment_that_is_cut_short_or_another_logs_is_found()
    {
        Write(100);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        List<string> names = Segments();
        using (ILogFile file = disk.Root.Open(names[3], writable: true))
        {
            file.SetLength(SegmentHeader.Size + 700);
        }

        Assert.True(ScrubAll(log, 1 << 20, Batches.Now).IsDamaged);
        Assert.InRange(log.DamagedAt.Value, long.Parse(names[3].AsSpan(0, 20)) + 1, long.Parse(names[4].AsSpan(0, 20)) - 1);
        using (ILogFile file = disk.Root.Open(names[1], writable: true))
        {
            file.Write(0, SegmentHeader.Make(Batches.Log with { Number = 1 }, new Offset(long.Parse(names[1].AsSpan(0, 20)))));
        }

        Assert.True(ScrubAll(log, 1 << 20, Later(Interval)).IsDamaged);
        Assert.Equal(long.Parse(names[1].AsSpan(0, 20)), log.DamagedAt.Value);
    }

    [Fact]
    public void Segments_written_since_the_start_are_due_an_interval_after_they_were_begun()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        while (log.SegmentCount < 3)
        {
            log.AppendOne(valueBytes: 200);
        }

        log.Flush();
        log.FinishRoll();
        Assert.Null(log.NextToScrub(Later(Interval - TimeSpan.FromMilliseconds(1)), Interval));
        Assert.Equal(Offset.Zero, log.NextToScrub(Later(Interval), Interval)?.Segment);
    }

    /// <summary>Goal: damage of the file that is written is found as in any other. Method: one segment, partly flushed, changed below and above the flushed end.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1000, true)]
    [InlineData(1 << 20, false)]
    [InlineData(1 << 20, true)]
    public void Changed_bytes_of_the_active_segment_are_found_below_the_flushed_end_only(int step, bool isAbove)
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { SegmentBytes = 1 << 20 }, Batches.Now);
        Append(log, 30);
        log.Flush();
        long flushed = log.SizeBytes;
        Append(log, 5); // on its way: nothing of it is looked at
        Assert.Null(log.NextToScrub(Later(Interval - TimeSpan.FromMilliseconds(1)), Interval)); // begun a moment ago
        Assert.Equal((flushed, false), ScrubAll(log, step, Later(Interval)));
        using (ILogFile file = disk.Root.Open(Segments()[0], writable: true))
        {
            file.Write(SegmentHeader.Size + (isAbove ? flushed + 100 : flushed / 2), new byte[64]);
        }

        Assert.Equal(!isAbove, ScrubAll(log, step, Later(Interval * 2)).IsDamaged);
        Assert.Equal(isAbove, log.DamagedAt.IsNone);
        if (!isAbove)
        {
            Assert.InRange(log.DamagedAt.Value, 14, 16);
        }
    }

    [Fact]
    public void The_active_segment_found_at_an_opening_is_due_at_once()
    {
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now))
        {
            Append(log, 3);
            log.Close();
        }

        disk.Root.FlipBit(Segments()[0], SegmentHeader.Size + 100, 1);
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.True(ScrubAll(again, 1 << 20, Batches.Now).IsDamaged);
        Assert.Equal(Offset.Zero, again.DamagedAt);
    }

    [Fact]
    public void A_pass_over_the_active_segment_goes_on_through_a_roll_and_ends_where_it_was_to()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Append(log, 8);
        log.Flush();
        long flushed = log.SizeBytes;
        ScrubPosition? at = log.NextToScrub(Later(Interval), Interval);
        long bytes = 0;
        while (at is { } position)
        {
            ScrubStep step = log.Scrub(position, 1, Later(Interval));
            Assert.False(step.IsDamaged);
            bytes += step.Bytes;
            at = step.Rest;
            Append(log, 5);
            log.Flush();
            log.FinishRoll();
        }

        Assert.Equal(flushed, bytes);
        Assert.True(log.SegmentCount > 2);
    }

    [Fact]
    public void What_is_truncated_and_written_anew_between_two_steps_is_no_damage()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options with { SegmentBytes = 1 << 20 }, Batches.Now);
        Append(log, 20);
        log.Flush();
        ScrubPosition rest = log.Scrub(log.NextToScrub(Later(Interval), Interval)!.Value, 3000, Later(Interval)).Rest!.Value;
        log.TruncateTo(new Offset(5));
        for (int index = 0; index < 30; index++)
        {
            log.AppendOne(valueBytes: 333); // other bytes, and other places where batches begin
        }

        log.Flush();
        Assert.Equal(new ScrubStep(null, 0, IsDamaged: false), log.Scrub(rest, 1000, Later(Interval)));
        Assert.True(log.DamagedAt.IsNone);
        Assert.False(ScrubAll(log, 1000, Later(Interval)).IsDamaged);
    }

    /// <summary>Found while the active segment came in: a pass went on in the file that compaction had put into the place of the one that it had begun with, between two of its batches.</summary>
    [Fact]
    public void What_compaction_replaces_between_two_steps_is_no_damage()
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Append(log, 60); // of one key
        log.Flush();
        log.FinishRoll();
        log.AppendOne(valueBytes: 3900); // larger than what is before it
        log.Flush();
        ScrubPosition rest = log.Scrub(log.NextToScrub(Later(Interval), Interval)!.Value, 1, Later(Interval)).Rest!.Value;
        using LogCleaner cleaner = new(log, new LogCleanerOptions());
        long before = log.SizeBytes;
        while (cleaner.TryBegin(log.EndOffset, Batches.Now) is not CleanerStatus.Idle and var status)
        {
            if (status == CleanerStatus.ReadyToSwap)
            {
                cleaner.Swap();
            }
            else
            {
                cleaner.Work(1 << 20);
            }
        }

        Assert.True(log.SizeBytes < before);
        Assert.False(log.Scrub(rest, 1 << 20, Later(Interval)).IsDamaged);
        Assert.True(log.DamagedAt.IsNone);
        Assert.False(ScrubAll(log, 1000, Later(Interval)).IsDamaged);
    }

    [Fact]
    public void What_retention_or_a_truncation_takes_away_between_two_steps_is_no_damage()
    {
        Write(100);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        ScrubPosition first = log.NextToScrub(Batches.Now, Interval)!.Value;
        ScrubPosition rest = log.Scrub(first, 1, Batches.Now).Rest!.Value;
        log.ApplyRetention(-1, 10_000, log.EndOffset, Batches.Now);
        Assert.Equal(new ScrubStep(null, 0, IsDamaged: false), log.Scrub(rest, 1000, Batches.Now));
        first = log.NextToScrub(Batches.Now, Interval)!.Value;
        rest = log.Scrub(first, 1, Batches.Now).Rest!.Value;
        log.TruncateTo(rest.Next);
        Assert.Equal(new ScrubStep(null, 0, IsDamaged: false), log.Scrub(rest, 1000, Batches.Now));
        Assert.True(log.DamagedAt.IsNone);
    }

    private static (long Bytes, bool IsDamaged) ScrubAll(PartitionLog log, int step, UnixMillis now)
    {
        long bytes = 0;
        bool isDamaged = false;
        while (log.NextToScrub(now, Interval) is { } first)
        {
            ScrubPosition? at = first;
            while (at is { } position)
            {
                ScrubStep done = log.Scrub(position, step, now);
                Assert.True(done.Bytes > 0 || done.Rest is null, "a step moves on");
                bytes += done.Bytes;
                isDamaged |= done.IsDamaged;
                at = done.Rest;
            }
        }

        return (bytes, isDamaged);
    }

    private static void Append(PartitionLog log, int count)
    {
        for (int index = 0; index < count; index++)
        {
            log.AppendOne(valueBytes: 200);
        }
    }

    private static UnixMillis Later(TimeSpan time) => new(Batches.Now.Value + (long)time.TotalMilliseconds);

    private long Write(int count)
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        for (int index = 0; index < count; index++)
        {
            log.AppendOne(valueBytes: 200);
        }

        log.Close();
        return log.SizeBytes;
    }

    private List<string> Segments() => [.. disk.Root.List().Select(entry => entry.Name).Where(name => name.EndsWith(".log", StringComparison.Ordinal))];
}
