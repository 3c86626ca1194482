namespace GoQueue.History.Report;

/// <summary>Counts of latencies in buckets that grow by a quarter, from 0.1 ms on: small, and exact enough for a picture.</summary>
internal sealed class LatencyBuckets
{
    private const double Least = 0.1;
    private const int Size = 64; // up to 0.1 ms * 1.25^63: two minutes and more
    private static readonly double Step = Math.Log(1.25);

    private readonly int[] counts = new int[Size];
    private double max;

    public void Add(double milliseconds)
    {
        int bucket = milliseconds <= Least ? 0 : Math.Min(Size - 1, (int)Math.Ceiling(Math.Log(milliseconds / Least) / Step));
        counts[bucket]++;
        max = Math.Max(max, milliseconds);
    }

    public void Add(LatencyBuckets other)
    {
        for (int bucket = 0; bucket < Size; bucket++)
        {
            counts[bucket] += other.counts[bucket];
        }

        max = Math.Max(max, other.max);
    }

    public Latencies? ToLatencies()
    {
        long total = counts.Sum(static count => (long)count);
        return total == 0 ? null : new Latencies(Quantile(0.5, total), Quantile(0.99, total), max);
    }

    private double Quantile(double share, long total)
    {
        long below = 0;
        for (int bucket = 0; bucket < Size; bucket++)
        {
            below += counts[bucket];
            if (below >= share * total)
            {
                return Math.Min(max, Least * Math.Pow(1.25, bucket));
            }
        }

        return max;
    }
}
