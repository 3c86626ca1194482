using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace GoQueue.Server.Observability.Metrics;

internal enum MetricType
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>
/// All series of one instrument. Measurements come in on hot paths from any thread: they find their series without locks or allocation.
/// The number of series is bounded; what comes beyond the bound is counted together in one that says so.
/// </summary>
internal sealed class MetricFamily
{
    public const int MaxSeries = 1000;

    /// <summary>For histograms in seconds whose author named no buckets.</summary>
    private static readonly double[] DefaultBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<int, MetricSeries> byHash = new();
    private readonly Lock making = new();
    private readonly List<MetricSeries> all = [];
    private readonly MetricName name;
    private MetricSeries? plain;
    private MetricSeries? overflow;

    public MetricFamily(Instrument instrument)
    {
        name = MetricName.Of(instrument);
        Type = TypeOf(instrument);
        IsObserved = instrument.IsObservable;
        Help = instrument.Description ?? instrument.Name;
        Buckets = Type != MetricType.Histogram ? [] : BucketsOf(instrument);
    }

    /// <summary>Name without the suffix that counters get.</summary>
    public string Name => name.Text;

    /// <summary>Base unit at the end of the name, or empty.</summary>
    public string Unit => name.Unit;

    public string Help { get; }

    public MetricType Type { get; }

    public bool IsObserved { get; }

    /// <summary>Upper bounds, rising, without infinity.</summary>
    public IReadOnlyList<double> Buckets { get; }

    public void Measure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, int round)
    {
        MetricSeries series = SeriesOf(tags);
        double scaled = value * name.Scale;
        switch (Type)
        {
            case MetricType.Histogram:
                series.Observe(scaled, Buckets);
                break;
            case MetricType.Counter when !IsObserved:
                series.Add(scaled);
                break;
            case MetricType.Gauge when !IsObserved:
                series.Add(scaled, isUpDown: true);
                break;
            default:
                series.Set(scaled, round);
                break;
        }
    }

    /// <summary>A plain gauge instrument sets, an up-down counter adds.</summary>
    public void SetGauge(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => SeriesOf(tags).Set(value * name.Scale, round: 0);

    /// <summary>In the order in which they appeared; observed ones only when the round saw them.</summary>
    public IReadOnlyList<MetricSeries> Snapshot(int round)
    {
        lock (making)
        {
            return [.. all.Where(series => !IsObserved || series.Round == round)];
        }
    }

    private MetricSeries SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty && plain is not null)
        {
            return plain;
        }

        int hash = MetricSeries.HashOf(tags);
        if (byHash.TryGetValue(hash, out MetricSeries? series))
        {
            for (MetricSeries? candidate = series; candidate is not null; candidate = candidate.NextOfHash)
            {
                if (candidate.Has(tags))
                {
                    return candidate;
                }
            }
        }

        return Make(hash, tags);
    }

    private MetricSeries Make(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (making)
        {
            MetricSeries? first = byHash.GetValueOrDefault(hash);
            for (MetricSeries? candidate = first; candidate is not null; candidate = candidate.NextOfHash)
            {
                if (candidate.Has(tags))
                {
                    return candidate; // somebody was faster
                }
            }

            if (all.Count >= MaxSeries)
            {
                return overflow ??= Add(new MetricSeries([new("otel_metric_overflow", "true")], Buckets.Count, null));
            }

            MetricSeries series = Add(new MetricSeries(tags.ToArray(), Buckets.Count, first));
            byHash[hash] = series;
            if (tags.IsEmpty)
            {
                plain = series;
            }

            return series;
        }
    }

    private MetricSeries Add(MetricSeries series)
    {
        all.Add(series);
        return series;
    }

    private static MetricType TypeOf(Instrument instrument)
    {
        Type kind = instrument.GetType().GetGenericTypeDefinition();
        return kind == typeof(Histogram<>) ? MetricType.Histogram
            : kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? MetricType.Counter
            : MetricType.Gauge;
    }

    private double[] BucketsOf(Instrument instrument)
    {
        double[] named = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
            Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
            _ => [],
        };
        return named.Length == 0 ? DefaultBuckets : [.. named.Select(bound => bound * name.Scale)];
    }
}
