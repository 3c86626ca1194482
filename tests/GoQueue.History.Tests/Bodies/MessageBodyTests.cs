using GoQueue.History.Bodies;
using GoQueue.History.Events;

namespace GoQueue.History.Tests.Bodies;

public sealed class MessageBodyTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, 17, 100)]
    [InlineData(int.MaxValue, long.MaxValue, 5_000)]
    public void A_body_says_which_message_it_is(int process, long counter, int size)
    {
        MessageId id = new(process, counter);
        byte[] body = MessageBody.Create(id, size);

        Assert.Equal(id, MessageBody.Parse(body, out string? damage));
        Assert.Null(damage);
        Assert.True(body.Length >= size);
        Assert.All(body, static letter => Assert.InRange(letter, (byte)' ', (byte)'~'));
    }

    [Fact]
    public void A_body_with_any_bit_changed_or_any_end_missing_is_none()
    {
        byte[] body = MessageBody.Create(new MessageId(3, 17), 60);
        for (int bit = 0; bit < body.Length * 8; bit++)
        {
            byte[] flipped = [.. body];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(MessageBody.Parse(flipped, out string? damage));
            Assert.NotNull(damage);
        }

        for (int length = 0; length < body.Length; length++)
        {
            Assert.Null(MessageBody.Parse(body.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void A_digest_differs_when_key_headers_or_time_do()
    {
        uint digest = MessageBody.Digest("key"u8, [new("a", [1]), new("b", [2])], 5);

        Assert.Equal(digest, MessageBody.Digest("key"u8, [new("a", [1]), new("b", [2])], 5));
        Assert.NotEqual(digest, MessageBody.Digest("kez"u8, [new("a", [1]), new("b", [2])], 5));
        Assert.NotEqual(digest, MessageBody.Digest("key"u8, [new("b", [2]), new("a", [1])], 5));
        Assert.NotEqual(digest, MessageBody.Digest("key"u8, [new("a", [1]), new("b", [2])], 6));
        Assert.NotEqual(digest, MessageBody.Digest("keya"u8, [new("", [1]), new("b", [2])], 5));
    }
}
