using System.Text;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Produce;

namespace GoQueue.Cli.Tests.Produce;

public sealed class KeySplitterTests
{
    [Theory]
    [InlineData(null, null, "a:b", null, "a:b")]
    [InlineData("k", null, "a:b", "k", "a:b")]
    [InlineData("", null, "a", "", "a")]
    [InlineData(null, ":", "a:b:c", "a", "b:c")]
    [InlineData(null, "::", "a::b", "a", "b")]
    [InlineData(null, "\\t", "a\tb", "a", "b")]
    [InlineData(null, ":", ":", "", "")]
    public void A_text_becomes_key_and_value(string? key, string? separator, string text, string? expectedKey, string expectedValue)
    {
        OutgoingMessage message = new KeySplitter(key, separator, tombstone: false).Split(Encoding.UTF8.GetBytes(text), "line 1");

        Assert.Equal(expectedKey, message.Key is { } found ? Encoding.UTF8.GetString(found.Span) : null);
        Assert.Equal(expectedValue, Encoding.UTF8.GetString(message.Value!.Value.Span));
    }

    [Fact]
    public void A_tombstone_has_no_value() => Assert.Null(new KeySplitter("k", null, tombstone: true).Split("x"u8.ToArray(), "line 1").Value);

    [Fact]
    public void A_line_without_the_separator_is_refused_by_its_number()
    {
        CommandFailure failure = Assert.Throws<CommandFailure>(() => new KeySplitter(null, ":", false).Split("ab"u8.ToArray(), "line 7"));

        Assert.Contains("line 7", failure.Message, StringComparison.Ordinal);
    }
}
