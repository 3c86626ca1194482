using System.Globalization;
using System.Text;

namespace GoQueue.Server.Observability.Metrics;

/// <summary>Writes metrics in the text formats of Prometheus (0.0.4) and OpenMetrics (1.0.0).</summary>
internal sealed class TextExposition(bool isOpenMetrics)
{
    public const string PrometheusType = "text/plain; version=0.0.4; charset=utf-8";
    public const string OpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private readonly StringBuilder text = new(16 << 10);

    public string ContentType => isOpenMetrics ? OpenMetricsType : PrometheusType;

    public void Write(MetricFamily family, IReadOnlyList<MetricSeries> series)
    {
        Describe(family.Name, family.Type, family.Unit, family.Help);
        foreach (MetricSeries one in series)
        {
            if (family.Type == MetricType.Histogram)
            {
                Histogram(family, one);
            }
            else
            {
                Sample(family.Type == MetricType.Counter ? $"{family.Name}_total" : family.Name, one.Labels, one.Value);
            }
        }
    }

    /// <summary>A value that no instrument measures.</summary>
    public void Write(string name, MetricType type, string unit, string help, double value, string labels = "")
    {
        Describe(name, type, unit, help);
        Sample(type == MetricType.Counter ? $"{name}_total" : name, labels, value);
    }

    /// <summary>Several values of one name.</summary>
    public void Write(string name, MetricType type, string unit, string help, IEnumerable<(string Labels, double Value)> values)
    {
        Describe(name, type, unit, help);
        foreach ((string labels, double value) in values)
        {
            Sample(type == MetricType.Counter ? $"{name}_total" : name, labels, value);
        }
    }

    public byte[] Finish()
    {
        if (isOpenMetrics)
        {
            text.Append("# EOF\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Describe(string name, MetricType type, string unit, string help)
    {
        // The older format names a counter with its suffix, the newer one without.
        string shown = type == MetricType.Counter && !isOpenMetrics ? $"{name}_total" : name;
        text.Append("# HELP ").Append(shown).Append(' ').Append(EscapeHelp(help)).Append('\n');
        text.Append("# TYPE ").Append(shown).Append(' ').Append(type.ToString().ToLowerInvariant()).Append('\n');
        if (isOpenMetrics && unit.Length > 0)
        {
            text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
        }
    }

    private void Histogram(MetricFamily family, MetricSeries series)
    {
        string before = series.Labels.Length == 0 ? string.Empty : series.Labels + ",";
        long total = 0;
        for (int i = 0; i <= family.Buckets.Count; i++)
        {
            total += series.CountOf(i);
            string bound = i == family.Buckets.Count ? "+Inf" : Number(family.Buckets[i], isBound: true);
            Sample($"{family.Name}_bucket", $"{before}le=\"{bound}\"", total);
        }

        // The count is what the buckets say, so that the two agree even while observations come in.
        Sample($"{family.Name}_sum", series.Labels, series.Value);
        Sample($"{family.Name}_count", series.Labels, total);
    }

    private void Sample(string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value, isBound: false)).Append('\n');
    }

    private string Number(double value, bool isBound) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : isOpenMetrics && isBound && double.IsInteger(value) && Math.Abs(value) < 1e15 ? value.ToString("F1", CultureInfo.InvariantCulture)
        : double.IsInteger(value) && Math.Abs(value) < 1e15 ? value.ToString("F0", CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture);

    private string EscapeHelp(string help)
    {
        string escaped = help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return isOpenMetrics ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
