using GoQueue.Cli.Values;

namespace GoQueue.Cli.Tests.Values;

public sealed class InstantTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-01-31T12:00:00Z", 1_769_860_800_000)]
    [InlineData("2026-01-31T12:00:00.250Z", 1_769_860_800_250)]
    [InlineData("2026-01-31T14:00:00+02:00", 1_769_860_800_000)]
    [InlineData("2026-01-31T12:00:00", 1_769_860_800_000)]
    [InlineData("2026-01-31 12:00:00Z", 1_769_860_800_000)]
    [InlineData("2026-01-31", 1_769_817_600_000)]
    [InlineData("1769860800000", 1_769_860_800_000)]
    [InlineData("0", 0)]
    [InlineData("now", 1_769_860_800_000)]
    [InlineData("-1h", 1_769_857_200_000)]
    [InlineData("-100w", 1_709_380_800_000)]
    [InlineData("-36500d", 0)]
    public void An_instant_is_read(string text, long millis)
    {
        Assert.True(InstantText.TryParse(text, Now, out long read));
        Assert.Equal(millis, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("-1")]
    [InlineData("+1h")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("31/01/2026")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("99999999999999999")]
    public void What_is_no_instant_is_refused(string text) => Assert.False(InstantText.TryParse(text, Now, out _));

    [Fact]
    public void An_instant_is_printed_in_utc_with_milliseconds() => Assert.Equal("2026-01-31T12:00:00.250Z", InstantText.Format(1_769_860_800_250));
}
