using System.Globalization;
using System.Text.Json.Nodes;
using GoQueue.Cli.Output;
using GoQueue.Cli.Values;

namespace GoQueue.Cli.Bench;

/// <summary>
/// The outcome of a measurement with everything that is needed to judge it: result, latency, resources, conditions, machine, and the flush probe
/// of the same minute. One list of facts gives both the document and the tables.
/// </summary>
internal sealed class BenchReport
{
    private readonly List<Section> sections = [];

    public Section Add(string name)
    {
        Section section = new(name);
        sections.Add(section);
        return section;
    }

    public BenchReport Latency(string name, LatencyHistogram histogram)
    {
        Section section = Add(name);
        foreach ((string label, double percent) in new[] { ("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9) })
        {
            section.Number(label, histogram.PercentileNanos(percent) / 1e6, 3);
        }

        section.Number("max", histogram.MaxNanos / 1e6, 3).Number("mean", histogram.MeanNanos / 1e6, 3).Number("count", histogram.Count, 0);
        return this;
    }

    public BenchReport Machine(MachineFacts facts)
    {
        Add("machine").Number("cores", facts.Cores, 0).Text("processor", facts.Processor).Text("kernel", facts.Kernel).Text("runtime", facts.Runtime)
            .Text("memory", ByteSizeText.Approximate(facts.MemoryBytes));
        return this;
    }

    public BenchReport Probe(FlushProbe? probe)
    {
        if (probe is not null)
        {
            Add("flushProbe").Number("flushes", probe.Flushes, 0).Number("flushesPerSecond", probe.FlushesPerSecond, 0)
                .Number("p50Ms", probe.P50Millis, 3).Number("p99Ms", probe.P99Millis, 3).Number("maxMs", probe.MaxMillis, 3);
        }

        return this;
    }

    public CommandResult ToResult()
    {
        JsonObject document = [];
        ResultTable table = new("WHAT", "VALUE");
        foreach (Section section in sections)
        {
            JsonObject map = [];
            foreach ((string name, JsonNode? node, string text) in section.Facts)
            {
                map[name] = node;
                table.Add($"{section.Name}.{name}", text);
            }

            document[section.Name] = map;
        }

        return new CommandResult(document, table);
    }

    internal sealed class Section(string name)
    {
        public string Name { get; } = name;

        public List<(string Name, JsonNode? Node, string Text)> Facts { get; } = [];

        /// <summary>A number, rounded in both forms; absent (NaN) is null.</summary>
        public Section Number(string name, double value, int decimals)
        {
            double rounded = Math.Round(value, decimals);
            Facts.Add(double.IsFinite(value)
                ? (name, decimals == 0 ? JsonValue.Create((long)rounded) : JsonValue.Create(rounded), rounded.ToString("N" + decimals, CultureInfo.InvariantCulture))
                : (name, null, "-"));
            return this;
        }

        public Section Text(string name, string value)
        {
            Facts.Add((name, JsonValue.Create(value), value));
            return this;
        }

        public Section Flag(string name, bool value)
        {
            Facts.Add((name, JsonValue.Create(value), value ? "yes" : "no"));
            return this;
        }
    }
}
