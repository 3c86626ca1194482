using System.Diagnostics;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Bench;

/// <summary>
/// The schedule of an open-loop load: message n is due at start + n / rate, whatever the system under test does. Latency is taken from that
/// instant, so a stall is charged to every message that should have been sent during it (no coordinated omission).
/// </summary>
internal sealed class OpenLoopPacer
{
    // The shortest pause: one wake-up then covers several messages at high rates, where waking for each would cost more than sending it.
    private const long ShortestPauseNanos = 100_000;

    private readonly long start;
    private readonly double ticksPerMessage;

    /// <param name="start">Stopwatch ticks of message 0.</param>
    /// <param name="perSecond">Messages a second, above 0.</param>
    public OpenLoopPacer(long start, double perSecond)
    {
        this.start = start;
        ticksPerMessage = Stopwatch.Frequency / perSecond;
    }

    /// <summary>When message <paramref name="number"/> is due, in Stopwatch ticks.</summary>
    public long DueAt(long number) => start + (long)(number * ticksPerMessage);

    /// <summary>How many messages are due at <paramref name="ticks"/>: numbers below the answer.</summary>
    public long DueCount(long ticks) => ticks < start ? 0 : (long)((ticks - start) / ticksPerMessage) + 1;

    /// <summary>How long from now until message <paramref name="number"/> is due, in whole milliseconds; zero or less when it is late.</summary>
    public TimeSpan TimeUntil(long number) => TimeSpan.FromMilliseconds(Math.Floor((DueAt(number) - Stopwatch.GetTimestamp()) * 1000.0 / Stopwatch.Frequency));

    /// <summary>Blocks a dedicated thread until <paramref name="ticks"/> or up to about 0.2 ms later. Never spins: the broker may share the core.</summary>
    public static void WaitUntil(long ticks)
    {
        while (true)
        {
            long left = ticks - Stopwatch.GetTimestamp();
            if (left <= 0)
            {
                return;
            }

            long nanos = (long)(left * (1e9 / Stopwatch.Frequency));
            NativeMethods.Pause(Math.Clamp(nanos, ShortestPauseNanos, 500_000_000));
        }
    }
}
