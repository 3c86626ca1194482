using System.Text;
using GoQueue.Cli.Messages;

namespace GoQueue.Cli.Tests.Messages;

public sealed class MessageFormatTests
{
    [Theory]
    [InlineData("%v\\n", "value\n")]
    [InlineData("%t/%p@%o", "orders/2@41")]
    [InlineData("%k=%v", "key=value")]
    [InlineData("%T %D", "1769860800250 2026-01-31T12:00:00.250Z")]
    [InlineData("%h", "trace=abc,empty=")]
    [InlineData("%P %K %V", "high 3 5")]
    [InlineData("100%%\\t\\\\\\x41\\0", "100%\t\\A\0")]
    [InlineData("", "")]
    [InlineData("grüße \U0001F600 %p", "grüße \U0001F600 2")]
    public void A_message_is_written_as_the_format_says(string format, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(Write(format, new Sample())));

    [Fact]
    public void Bytes_are_written_as_they_are()
    {
        byte[] odd = [0xFF, 0x00, 0x0A, 0xC3, 0x28];

        Assert.Equal(odd, Write("%v", new Sample { Value = odd }));
    }

    [Fact]
    public void A_missing_key_and_a_tombstone_are_empty_with_length_minus_one() =>
        Assert.Equal("[][]-1,-1", Encoding.UTF8.GetString(Write("[%k][%v]%K,%V", new Sample { Key = null, Value = null })));

    [Theory]
    [InlineData("%x")]
    [InlineData("100%")]
    [InlineData("\\q")]
    [InlineData("\\x4")]
    [InlineData("\\xZZ")]
    [InlineData("end\\")]
    public void An_unknown_letter_or_escape_is_refused_and_named(string format)
    {
        Assert.False(MessageFormat.TryParse(format, out _, out string error));
        Assert.Contains("position", error, StringComparison.Ordinal);
    }

    private static byte[] Write(string format, Sample sample)
    {
        Assert.True(MessageFormat.TryParse(format, out MessageFormat compiled, out string error), error);
        using MemoryStream output = new();
        sample.Print((in PrintedMessage message) => compiled.Write(message, output));
        return output.ToArray();
    }
}
