using System.Diagnostics;

namespace GoQueue.Harness;

/// <summary>Says how many messages are due at a steady rate. After a pause it does not catch up more than a second's worth.</summary>
internal sealed class Pace(double perSecond)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private long last = Stopwatch.GetTimestamp();
    private double credit;

    /// <summary>Waits until at least one is due; answers how many are.</summary>
    public async Task<int> DueAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Whoever is slower than the pace never waits, and must hear of the end all the same.
            cancellationToken.ThrowIfCancellationRequested();
            long now = Stopwatch.GetTimestamp();
            credit = Math.Min(credit + (Stopwatch.GetElapsedTime(last, now).TotalSeconds * perSecond), Math.Max(perSecond, 1));
            last = now;
            if (credit >= 1)
            {
                int due = (int)credit;
                credit -= due;
                return due;
            }

            await Task.Delay(Tick, cancellationToken);
        }
    }
}
