using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>
/// A bound of bytes per second, without bursts: what is admitted is paid for by waiting before the next. Pure: the time is given in. One caller at a time.
/// </summary>
public sealed class ByteRate
{
    private TimeSpan paidAt = TimeSpan.MinValue;

    /// <summary>0 for no bound.</summary>
    public long BytesPerSecond { get; private set; }

    /// <summary>Another bound, at once: what is owed at the old one is owed at the new one.</summary>
    public void Change(long bytesPerSecond, TimeSpan now)
    {
        Invariant.Check(bytesPerSecond >= 0, "a rate is not negative");
        if (bytesPerSecond != BytesPerSecond && paidAt > now)
        {
            double owed = (paidAt - now).TotalSeconds * BytesPerSecond;
            paidAt = bytesPerSecond == 0 ? now : now + TimeSpan.FromSeconds(owed / bytesPerSecond);
        }

        BytesPerSecond = bytesPerSecond;
    }

    /// <summary>How long nothing may pass; zero when something may now.</summary>
    public TimeSpan WaitAt(TimeSpan now) => BytesPerSecond == 0 || paidAt <= now ? TimeSpan.Zero : paidAt - now;

    /// <summary>Something passes now, or will as soon as what was charged before is paid. Answers how long that is.</summary>
    public TimeSpan Charge(long bytes, TimeSpan now)
    {
        TimeSpan wait = WaitAt(now);
        if (BytesPerSecond > 0)
        {
            paidAt = now + wait + TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
        }

        return wait;
    }
}
