using System.Diagnostics;
using GoQueue.Cli.Bench;

namespace GoQueue.Cli.Tests.Bench;

public sealed class OpenLoopPacerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void A_message_is_counted_as_due_exactly_from_its_instant_on(double rate)
    {
        OpenLoopPacer pacer = new(start: 1_000, rate);
        for (long number = 0; number < 1_000; number++)
        {
            long due = pacer.DueAt(number);

            // The conversion to whole ticks may put the count one tick later, never earlier than the instant.
            Assert.InRange(pacer.DueCount(due + 1), number + 1, number + 2);
            Assert.True(pacer.DueCount(due - 1) <= number || rate > Stopwatch.Frequency / 2);
        }
    }

    [Fact]
    public void The_schedule_does_not_drift()
    {
        OpenLoopPacer pacer = new(start: 0, perSecond: 300_000);

        Assert.Equal(3600 * (double)Stopwatch.Frequency, pacer.DueAt(300_000L * 3600), Stopwatch.Frequency / 1e6);
    }

    [Fact]
    public void Waiting_ends_after_the_instant()
    {
        long until = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 200);

        OpenLoopPacer.WaitUntil(until);

        Assert.True(Stopwatch.GetTimestamp() >= until);
    }
}
