using GoQueue.Cli.Values;

namespace GoQueue.Cli.Tests.Values;

public sealed class ByteSizeTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1024", 1024)]
    [InlineData("512B", 512)]
    [InlineData("64KiB", 65_536)]
    [InlineData("64kib", 65_536)]
    [InlineData("1GiB", 1_073_741_824)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("1G", 1_073_741_824)]
    [InlineData("1.5MB", 1_500_000)]
    [InlineData("2 MiB", 2_097_152)]
    public void A_size_is_read(string text, long bytes)
    {
        Assert.True(ByteSizeText.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("B")]
    [InlineData("1.5")]
    [InlineData("1XB")]
    [InlineData("1e6")]
    [InlineData("9999999TiB")]
    [InlineData("99999999999999999999999999999999")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSizeText.TryParse(text, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(1 << 20)]
    [InlineData(3L << 30)]
    [InlineData((1L << 40) + 1)]
    public void A_printed_size_reads_back_exactly(long bytes)
    {
        Assert.True(ByteSizeText.TryParse(ByteSizeText.Format(bytes), out long back));
        Assert.Equal(bytes, back);
    }
}
