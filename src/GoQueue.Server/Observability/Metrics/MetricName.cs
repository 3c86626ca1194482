using System.Diagnostics.Metrics;

namespace GoQueue.Server.Observability.Metrics;

/// <summary>
/// From an instrument's dotted name and unit to the convention <c>goqueue_{subsystem}_{name}_{unit}</c> in base units:
/// <c>goqueue.storage.flush.duration</c> in <c>ms</c> becomes <c>goqueue_storage_flush_duration_seconds</c> with values divided by 1000.
/// </summary>
internal readonly record struct MetricName(string Text, string Unit, double Scale)
{
    public static MetricName Of(Instrument instrument)
    {
        (string unit, double scale) = instrument.Unit switch
        {
            "s" => ("seconds", 1),
            "ms" => ("seconds", 1e-3),
            "us" => ("seconds", 1e-6),
            "ns" => ("seconds", 1e-9),
            "By" => ("bytes", 1),
            "KiBy" => ("bytes", 1024),
            "MiBy" => ("bytes", 1024 * 1024),
            "%" => ("ratio", 1e-2),
            _ => (string.Empty, 1d), // counts, with or without an annotation such as {message}
        };
        string name = Sanitize(instrument.Name);
        name = name.EndsWith("_total", StringComparison.Ordinal) ? name[..^"_total".Length] : name;
        name = name.StartsWith("goqueue_", StringComparison.Ordinal) ? name : $"goqueue_{name}";
        return new MetricName(unit.Length == 0 || name.EndsWith($"_{unit}", StringComparison.Ordinal) ? name : $"{name}_{unit}", unit, scale);
    }

    /// <summary>Letters, digits and underscores only.</summary>
    public static string Sanitize(string name) => string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_'));
}
