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
    public void Every_sealed_segment_is_verified_once_in_an_interval_whatever_the_step(int step)
    {
        long written = Write(100);
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        (long bytes, bool isDamaged) = ScrubAll(log, step, Batches.Now);
        Assert.InRange(bytes, written - Options.SegmentBytes, written - 1); // but for the last segment
        Assert.False(isDamaged);
        Assert.Null(log.NextToScrub(Later(Interval - TimeSpan.FromMilliseconds(1)), Interval));
        Assert.Equal(bytes, ScrubAll(log, step, Later(Interval)).Bytes);
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
        Assert.Equal(new ScrubPosition(Offset.Zero, 0, Offset.Zero), log.NextToScrub(Later(Interval), Interval));
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
