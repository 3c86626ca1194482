namespace GoQueue.Core.Tests.Hashing;

public class Crc32CTests
{
    // RFC 3720, appendix B.4.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8a9136aau)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62a8ab43u)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46dd794eu)]
    [InlineData("1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100", 0x113fdb5cu)]
    [InlineData("01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000", 0xd9963a56u)]
    public void The_vectors_of_RFC_3720_hold(string hexadecimal, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(Convert.FromHexString(hexadecimal)));

    [Fact]
    public void The_check_value_and_the_empty_input_hold()
    {
        Assert.Equal(0xe3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    [Fact]
    public void Every_length_around_the_lane_sizes_agrees_with_a_bitwise_reference()
    {
        byte[] data = new byte[13_000];
        new Random(7).NextBytes(data);
        int[] lengths = [.. Enumerable.Range(0, 70), .. Enumerable.Range(3060, 30), .. Enumerable.Range(6135, 20), 9216, 12_999, 13_000];
        foreach (int length in lengths)
        {
            for (int start = 0; start < 3 && start <= length; start++)
            {
                byte[] part = data[start..length];
                Assert.Equal(Bitwise(part), Crc32C.Compute(part));
            }
        }
    }

    [Fact]
    public void A_checksum_continues_over_any_cut()
    {
        byte[] data = new byte[10_000];
        new Random(8).NextBytes(data);
        uint whole = Crc32C.Compute(data);
        for (int cut = 0; cut <= data.Length; cut += 97)
        {
            Assert.Equal(whole, Crc32C.Append(Crc32C.Compute(data.AsSpan(0, cut)), data.AsSpan(cut)));
        }
    }

    private static uint Bitwise(ReadOnlySpan<byte> data)
    {
        uint crc = ~0u;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78u);
            }
        }

        return ~crc;
    }
}
