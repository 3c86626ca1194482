using GoQueue.Cli.Bench;

namespace GoQueue.Cli.Tests.Bench;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void A_reported_value_is_never_below_and_at_most_a_128th_above_the_recorded_one()
    {
        Random random = new(7);
        for (int i = 0; i < 20_000; i++)
        {
            long nanos = (long)Math.Pow(2, random.NextDouble() * 41.9);
            LatencyHistogram histogram = new();
            histogram.Record(nanos);
            histogram.Record(long.MaxValue >> 8); // so that the exact maximum does not hide the edge of the bucket

            long reported = histogram.PercentileNanos(50);
            Assert.InRange(reported, nanos, nanos + (nanos >> 7));
        }
    }

    [Fact]
    public void Percentiles_of_a_known_set_are_right()
    {
        LatencyHistogram histogram = new();
        for (int i = 1; i <= 100_000; i++)
        {
            histogram.Record(i);
        }

        Assert.Equal(100_000, histogram.Count);
        Assert.InRange(histogram.PercentileNanos(50), 50_000, 50_400);
        Assert.InRange(histogram.PercentileNanos(99), 99_000, 99_800);
        Assert.InRange(histogram.PercentileNanos(99.9), 99_900, 100_000);
        Assert.Equal(100_000, histogram.PercentileNanos(100));
        Assert.Equal(100_000, histogram.MaxNanos);
        Assert.Equal(50_000.5, histogram.MeanNanos, 3);
    }

    [Fact]
    public void Adding_up_is_the_same_as_recording_in_one()
    {
        Random random = new(11);
        LatencyHistogram left = new(), right = new(), all = new();
        for (int i = 0; i < 10_000; i++)
        {
            long nanos = random.NextInt64(1L << 34);
            (i % 2 == 0 ? left : right).Record(nanos);
            all.Record(nanos);
        }

        left.Add(right);
        foreach (double percent in new[] { 0, 1, 50, 90, 99, 99.9, 100 })
        {
            Assert.Equal(all.PercentileNanos(percent), left.PercentileNanos(percent));
        }

        Assert.Equal(all.Count, left.Count);
        Assert.Equal(all.MaxNanos, left.MaxNanos);
    }

    [Fact]
    public void The_ends_of_the_range_are_kept()
    {
        LatencyHistogram histogram = new();
        histogram.Record(-5);
        histogram.Record(0);
        Assert.Equal(0, histogram.PercentileNanos(100));

        histogram.Record(TimeSpan.FromHours(10).Ticks * 100);
        Assert.Equal(TimeSpan.FromHours(10).Ticks * 100, histogram.MaxNanos);
        Assert.Equal(3, histogram.Count);
    }

    [Fact]
    public void An_empty_histogram_reports_zero()
    {
        LatencyHistogram histogram = new();

        Assert.Equal(0, histogram.PercentileNanos(99));
        Assert.Equal(0, histogram.MeanNanos);
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        LatencyHistogram histogram = new();
        histogram.Record(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            histogram.Record(i * 1000);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
