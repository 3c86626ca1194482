using System.Text;

namespace GoQueue.Core.Tests.Hashing;

public class Murmur3Tests
{
    // Published vectors of MurmurHash3_x86_32 with seed 0, and values that this implementation must keep for ever.
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("a", 0x3c2569b2u)]
    [InlineData("ab", 0x9bbfd75fu)]
    [InlineData("abc", 0xb3dd93fau)]
    [InlineData("test", 0xba6bd213u)]
    [InlineData("hello", 0x248bfa47u)]
    [InlineData("hello, world", 0x149bbb7fu)]
    [InlineData("Hello, world!", 0xc0363e43u)]
    [InlineData("19 Jan 2038 at 3:14:07 AM", 0xe31e8a70u)]
    [InlineData("The quick brown fox jumps over the lazy dog.", 0xd5c48bfcu)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x2e4ff723u)]
    public void Known_texts_have_their_known_hash(string text, uint expected) =>
        Assert.Equal(expected, Murmur3.Hash(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("ffffffff", 0x76293b50u)]
    [InlineData("21436587", 0xf55b516bu)]
    [InlineData("214365", 0x7e4a8634u)]
    [InlineData("2143", 0xa0f7b07au)]
    [InlineData("21", 0x72661cf4u)]
    [InlineData("00000000", 0x2362f9deu)]
    [InlineData("000000", 0x85f0b427u)]
    [InlineData("0000", 0x30f4c306u)]
    [InlineData("00", 0x514e28b7u)]
    public void Known_bytes_have_their_known_hash(string hexadecimal, uint expected) =>
        Assert.Equal(expected, Murmur3.Hash(Convert.FromHexString(hexadecimal)));
}
