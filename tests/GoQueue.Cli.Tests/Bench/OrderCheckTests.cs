using GoQueue.Cli.Bench;

namespace GoQueue.Cli.Tests.Bench;

public sealed class OrderCheckTests
{
    private readonly OrderCheck check = new();
    private long offset = 100;

    [Fact]
    public void Messages_of_several_senders_in_order_are_right()
    {
        See(0, 0, 1);
        See(1, 0);
        See(0, 2);
        See(1, 1);

        Assert.Equal((5, 0, 0, 0, 0), (check.Messages, check.OffsetGaps, check.Lost, check.RepeatedOrLate, check.Unstamped));
    }

    [Fact]
    public void A_lost_message_is_counted()
    {
        See(0, 5, 6, 9);

        Assert.Equal((2, 0), (check.Lost, check.RepeatedOrLate));
    }

    [Fact]
    public void A_repeated_and_a_late_message_are_counted()
    {
        See(0, 5, 6, 6, 8, 7);

        Assert.Equal((1, 2), (check.Lost, check.RepeatedOrLate));
    }

    [Fact]
    public void A_jump_of_offsets_is_counted()
    {
        See(0, 1);
        offset++;
        See(0, 2);

        Assert.Equal((1, 0), (check.OffsetGaps, check.Lost));
    }

    [Fact]
    public void A_foreign_message_counts_as_unstamped()
    {
        check.See(offset++, "hello"u8);
        check.See(offset++, new byte[StampedPayload.Size]);

        Assert.Equal((2, 2), (check.Messages, check.Unstamped));
    }

    [Fact]
    public void A_stamp_reads_back_and_leaves_the_rest_of_the_value_alone()
    {
        byte[] value = StampedPayload.NewValue(64, seed: 1);
        byte[] rest = value[StampedPayload.Size..];
        StampedPayload stamp = new(3, long.MaxValue, 123_456_789);

        stamp.WriteTo(value);

        Assert.True(StampedPayload.TryRead(value, out StampedPayload back));
        Assert.Equal(stamp, back);
        Assert.Equal(rest, value[StampedPayload.Size..]);
    }

    private void See(int sender, params long[] sequences)
    {
        byte[] value = StampedPayload.NewValue(64, seed: 1);
        foreach (long sequence in sequences)
        {
            new StampedPayload(sender, sequence, 0).WriteTo(value);
            check.See(offset++, value);
        }
    }
}
