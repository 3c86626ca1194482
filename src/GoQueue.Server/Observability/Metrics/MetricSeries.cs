using System.Text;

namespace GoQueue.Server.Observability.Metrics;

/// <summary>One instrument under one set of labels. Written by any thread without locks.</summary>
internal sealed class MetricSeries(KeyValuePair<string, object?>[] tags, int bucketCount, MetricSeries? nextOfHash)
{
    private readonly long[] counts = bucketCount == 0 ? [] : new long[bucketCount + 1];
    private double value;
    private int round;

    /// <summary><c>{a="b",c="d"}</c> without the braces, escaped; empty without labels.</summary>
    public string Labels { get; } = LabelsOf(tags);

    public MetricSeries? NextOfHash { get; } = nextOfHash;

    /// <summary>The value of a counter or gauge, the sum of a histogram.</summary>
    public double Value => Volatile.Read(ref value);

    /// <summary>Scrape in which an observed series was last seen.</summary>
    public int Round => Volatile.Read(ref round);

    /// <summary>Observations in each bucket alone; the last is beyond every bound.</summary>
    public long CountOf(int bucket) => Volatile.Read(ref counts[bucket]);

    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> other)
    {
        if (other.Length != tags.Length)
        {
            return false;
        }

        for (int i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != other[i].Key || !(ReferenceEquals(tags[i].Value, other[i].Value) || Equals(tags[i].Value, other[i].Value)))
            {
                return false;
            }
        }

        return true;
    }

    public static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        HashCode hash = default;
        foreach ((string _, object? tag) in tags)
        {
            hash.Add(tag);
        }

        return hash.ToHashCode();
    }

    /// <summary>Adds to a counter, which never falls, or to an up-down counter, which may.</summary>
    public void Add(double amount, bool isUpDown = false)
    {
        if (!(amount >= 0 || isUpDown) || double.IsNaN(amount))
        {
            return;
        }

        double seen = Volatile.Read(ref value);
        while (true)
        {
            double before = Interlocked.CompareExchange(ref value, seen + amount, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    public void Set(double current, int round)
    {
        Volatile.Write(ref value, current);
        Volatile.Write(ref this.round, round);
    }

    public void Observe(double observed, IReadOnlyList<double> bounds)
    {
        int bucket = 0;
        while (bucket < bounds.Count && observed > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref counts[bucket]);
        Add(observed, isUpDown: true);
    }

    private static string LabelsOf(KeyValuePair<string, object?>[] tags)
    {
        StringBuilder text = new();
        foreach ((string key, object? tag) in tags)
        {
            text.Append(text.Length == 0 ? string.Empty : ",").Append(MetricName.Sanitize(key)).Append("=\"");
            foreach (char c in tag?.ToString() ?? string.Empty)
            {
                _ = c switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append(@"\n"),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }
}
