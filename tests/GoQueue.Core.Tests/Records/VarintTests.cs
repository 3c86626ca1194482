using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class VarintTests
{
    // Zig-zag: 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ...
    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(63, "7e")]
    [InlineData(-64, "7f")]
    [InlineData(64, "8001")]
    [InlineData(-65, "8101")]
    [InlineData(8191, "fe7f")]
    [InlineData(8192, "808001")]
    [InlineData(int.MaxValue, "feffffff0f")]
    [InlineData(int.MinValue, "ffffffff0f")]
    public void Known_values_have_their_known_bytes(int value, string hexadecimal)
    {
        byte[] bytes = new byte[Varint.MaxIntBytes];
        int written = Varint.Write(bytes, value);

        Assert.Equal(hexadecimal, Convert.ToHexStringLower(bytes.AsSpan(0, written)));
        Assert.Equal(written, Varint.SizeOf(value));
        Assert.True(Varint.TryRead(bytes, out int read, out int consumed));
        Assert.Equal((value, written), (read, consumed));
    }

    [Theory]
    [InlineData(long.MaxValue, "feffffffffffffffff01")]
    [InlineData(long.MinValue, "ffffffffffffffffff01")]
    [InlineData(1L << 40, "808080808040")]
    public void Known_long_values_have_their_known_bytes(long value, string hexadecimal)
    {
        byte[] bytes = new byte[Varint.MaxLongBytes];
        int written = Varint.Write(bytes, value);

        Assert.Equal(hexadecimal, Convert.ToHexStringLower(bytes.AsSpan(0, written)));
        Assert.True(Varint.TryRead(bytes, out long read, out int consumed));
        Assert.Equal((value, written), (read, consumed));
    }

    [Fact]
    public void Every_power_of_two_and_its_neighbours_read_back_with_the_size_announced()
    {
        byte[] bytes = new byte[Varint.MaxLongBytes];
        for (int bit = 0; bit < 64; bit++)
        {
            foreach (int step in (int[])[-1, 0, 1])
            {
                foreach (int sign in (int[])[-1, 1])
                {
                    long value = unchecked(((1L << bit) + step) * sign);
                    int written = Varint.Write(bytes, value);
                    Assert.Equal(Varint.SizeOf(value), written);
                    Assert.True(Varint.TryRead(bytes.AsSpan(0, written), out long read, out int consumed));
                    Assert.Equal((value, written), (read, consumed));
                    Assert.False(Varint.TryRead(bytes.AsSpan(0, written - 1), out read, out consumed));
                    Assert.Equal(0, consumed);

                    int narrow = unchecked((int)value);
                    written = Varint.Write(bytes, narrow);
                    Assert.Equal(Varint.SizeOf(narrow), written);
                    Assert.True(Varint.TryRead(bytes.AsSpan(0, written), out int readNarrow, out consumed));
                    Assert.Equal((narrow, written), (readNarrow, consumed));
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("ffffffff10")]
    [InlineData("ffffffff80")]
    [InlineData("808080808000")]
    public void What_does_not_fit_32_bits_or_never_ends_is_refused(string hexadecimal)
    {
        Assert.False(Varint.TryRead(Convert.FromHexString(hexadecimal), out int value, out int consumed));
        Assert.Equal((0, 0), (value, consumed));
    }

    [Theory]
    [InlineData("ffffffffffffffffff02")]
    [InlineData("ffffffffffffffffff81")]
    [InlineData("8080808080808080808000")]
    public void What_does_not_fit_64_bits_or_never_ends_is_refused(string hexadecimal)
    {
        Assert.False(Varint.TryRead(Convert.FromHexString(hexadecimal), out long value, out int consumed));
        Assert.Equal((0L, 0), (value, consumed));
    }
}
