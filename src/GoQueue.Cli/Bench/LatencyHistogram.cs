using System.Numerics;

namespace GoQueue.Cli.Bench;

/// <summary>
/// Counts of latencies in log-linear buckets, as HdrHistogram has them: each power of two is divided into 128 equal parts, so a reported value
/// is never more than 1/128 (0.8 %) above the recorded one and never below it. Recording is a few instructions and allocates nothing.
/// </summary>
/// <remarks>One writer; give each thread its own and <see cref="Add"/> them up.</remarks>
internal sealed class LatencyHistogram
{
    // 128 parts a power of two: the relative error is at most 1/128.
    private const int PartBits = 7;
    private const int Parts = 1 << PartBits;

    // Nanoseconds up to 2^42 (73 minutes); anything longer is counted there and still shown by Max.
    private const int MaxBits = 42;
    private const long LargestNanos = (1L << MaxBits) - 1;

    private readonly long[] counts = new long[(MaxBits - PartBits + 1) * Parts];

    /// <summary>How many were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The largest recorded, exact, ns.</summary>
    public long MaxNanos { get; private set; }

    private double TotalNanos { get; set; }

    public double MeanNanos => Count == 0 ? 0 : TotalNanos / Count;

    /// <summary>Records one latency; a negative one (clocks stepped) counts as 0.</summary>
    public void Record(long nanos) => Record(nanos, 1);

    /// <summary>Records the same latency <paramref name="times"/> times.</summary>
    public void Record(long nanos, long times)
    {
        nanos = Math.Max(0, nanos);
        counts[IndexOf(Math.Min(nanos, LargestNanos))] += times;
        Count += times;
        TotalNanos += (double)nanos * times;
        MaxNanos = Math.Max(MaxNanos, nanos);
    }

    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] += other.counts[i];
        }

        Count += other.Count;
        TotalNanos += other.TotalNanos;
        MaxNanos = Math.Max(MaxNanos, other.MaxNanos);
    }

    /// <summary>The smallest bucket edge that at least <paramref name="percent"/> of the records do not exceed, ns; never above <see cref="MaxNanos"/>.</summary>
    public long PercentileNanos(double percent)
    {
        long wanted = Math.Clamp((long)Math.Ceiling(Count * percent / 100), 1, Math.Max(1, Count));
        long seen = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= wanted)
            {
                return Math.Min(UpperEdge(i), MaxNanos);
            }
        }

        return MaxNanos;
    }

    public void Reset()
    {
        Array.Clear(counts);
        Count = 0;
        TotalNanos = 0;
        MaxNanos = 0;
    }

    // Values below 2*Parts have a bucket each; above, the top PartBits+1 bits choose it.
    private static int IndexOf(long nanos)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)nanos | 1) - PartBits);
        return (shift << PartBits) + (int)(nanos >> shift);
    }

    private static long UpperEdge(int index)
    {
        int shift = Math.Max(0, (index >> PartBits) - 1);
        long part = index - ((long)shift << PartBits);
        return ((part + 1) << shift) - 1;
    }
}
