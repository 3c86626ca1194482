using System.Diagnostics.Metrics;

namespace GoQueue.Server.Observability.Metrics;

/// <summary>Listens to every instrument of this node's modules and keeps what they measured, ready to be written out.</summary>
internal sealed class MetricCollector : IDisposable
{
    private const string MeterPrefix = "GoQueue";

    private readonly MeterListener listener = new();
    private readonly Lock scraping = new();
    private readonly SortedDictionary<string, MetricFamily> families = new(StringComparer.Ordinal);
    private int round;

    /// <param name="factory">Only meters made by it are listened to, so that two nodes in one process do not mix.</param>
    public MetricCollector(IMeterFactory factory)
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal) && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listening.EnableMeasurementEvents(instrument, FamilyOf(instrument));
            }
        };
        Listen<byte>(static value => value);
        Listen<short>(static value => value);
        Listen<int>(static value => value);
        Listen<long>(static value => value);
        Listen<float>(static value => value);
        Listen<double>(static value => value);
        Listen<decimal>(static value => (double)value);
        listener.Start();
    }

    /// <summary>Reads the observed instruments now and hands every family with its series over, by name.</summary>
    public void Collect(Action<MetricFamily, IReadOnlyList<MetricSeries>> each)
    {
        lock (scraping)
        {
            round++;
            listener.RecordObservableInstruments();
            MetricFamily[] now;
            lock (families)
            {
                now = [.. families.Values];
            }

            foreach (MetricFamily family in now)
            {
                IReadOnlyList<MetricSeries> series = family.Snapshot(round);
                if (series.Count > 0)
                {
                    each(family, series);
                }
            }
        }
    }

    public void Dispose() => listener.Dispose();

    /// <summary>Two instruments of one name share a family; the first one's description and type hold.</summary>
    private MetricFamily FamilyOf(Instrument instrument)
    {
        MetricFamily family = new(instrument);
        lock (families)
        {
            return families.TryGetValue(family.Name, out MetricFamily? known) ? known : families[family.Name] = family;
        }
    }

    private void Listen<T>(Func<T, double> toDouble)
        where T : struct => listener.SetMeasurementEventCallback<T>((instrument, measurement, tags, state) =>
        {
            MetricFamily family = (MetricFamily)state!;
            if (instrument is Gauge<T>)
            {
                family.SetGauge(toDouble(measurement), tags);
            }
            else
            {
                family.Measure(toDouble(measurement), tags, round);
            }
        });
}
