using GoQueue.Cli.Values;

namespace GoQueue.Cli.Tests.Values;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("250ms", 2_500_000)]
    [InlineData("30s", 300_000_000)]
    [InlineData("5m", 3_000_000_000)]
    [InlineData("1h30m", 54_000_000_000)]
    [InlineData("1.5h", 54_000_000_000)]
    [InlineData("7d", 6_048_000_000_000)]
    [InlineData("1w", 6_048_000_000_000)]
    [InlineData("10us", 100)]
    [InlineData("7D", 6_048_000_000_000)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void A_duration_is_read(string text, long ticks)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5y")]
    [InlineData("1..5s")]
    [InlineData("5s3")]
    [InlineData("1e3s")]
    [InlineData("99999999999999999d")]
    [InlineData("9999999999999999999999999999999999s")]
    [InlineData("NaNs")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void A_printed_duration_reads_back_exactly()
    {
        foreach (long micros in new long[] { 0, 1, 999, 1_000, 1_500, 60_000_000, 5_400_000_000, 604_800_000_000, 123_456_789_012_345 })
        {
            TimeSpan duration = TimeSpan.FromMicroseconds(micros);

            Assert.True(DurationText.TryParse(DurationText.Format(duration), out TimeSpan back));
            Assert.Equal(duration, back);
        }
    }
}
