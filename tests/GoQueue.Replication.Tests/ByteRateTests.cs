namespace GoQueue.Replication.Tests;

public sealed class ByteRateTests
{
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    [Fact]
    public void Without_a_bound_nothing_waits()
    {
        ByteRate rate = new();
        Assert.Equal(TimeSpan.Zero, rate.Charge(1L << 40, Start));
        Assert.Equal(TimeSpan.Zero, rate.WaitAt(Start));
    }

    [Fact]
    public void What_passes_is_paid_for_before_the_next()
    {
        ByteRate rate = new();
        rate.Change(1000, Start);
        Assert.Equal(TimeSpan.Zero, rate.Charge(500, Start));
        Assert.Equal(TimeSpan.FromMilliseconds(500), rate.WaitAt(Start));
        Assert.Equal(TimeSpan.FromMilliseconds(500), rate.Charge(250, Start));
        Assert.Equal(TimeSpan.FromMilliseconds(650), rate.WaitAt(Start + TimeSpan.FromMilliseconds(100)));
        Assert.Equal(TimeSpan.Zero, rate.WaitAt(Start + TimeSpan.FromMilliseconds(750)));
    }

    [Fact]
    public void Over_any_time_no_more_passes_than_the_bound_and_one_part()
    {
        ByteRate rate = new();
        rate.Change(1_000_000, Start);
        Random random = new(7);
        long passed = 0;
        TimeSpan now = Start;
        while (now < Start + TimeSpan.FromSeconds(10))
        {
            int part = random.Next(1, 200_000);
            now += rate.Charge(part, now) + TimeSpan.FromMilliseconds(random.Next(3));
            passed += part;
        }

        Assert.InRange(passed, 9_000_000, 10_400_000);
    }

    [Fact]
    public void Silence_saves_nothing_up()
    {
        ByteRate rate = new();
        rate.Change(1000, Start);
        TimeSpan later = Start + TimeSpan.FromHours(1);
        rate.Charge(1000, later);
        Assert.Equal(TimeSpan.FromSeconds(1), rate.WaitAt(later));
    }

    [Fact]
    public void Another_bound_holds_at_once_for_what_is_owed()
    {
        ByteRate rate = new();
        rate.Change(1000, Start);
        rate.Charge(10_000, Start);
        rate.Change(10_000, Start);
        Assert.Equal(TimeSpan.FromSeconds(1), rate.WaitAt(Start));
        rate.Change(0, Start);
        Assert.Equal(TimeSpan.Zero, rate.WaitAt(Start));
    }
}
