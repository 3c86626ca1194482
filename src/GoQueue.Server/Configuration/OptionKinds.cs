using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace GoQueue.Server.Configuration;

/// <summary>The kinds of options: how each is written and bounded.</summary>
internal static class OptionKinds
{
    private static readonly (string Suffix, long Factor)[] ByteUnits =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("B", 1)];

    private static readonly (string Suffix, TimeSpan Unit)[] TimeUnits =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    public static Option<string> Text(string key, string fallback, string allowed, Func<string, bool> accepts, string summary) =>
        new(key, fallback, allowed, summary, (string text, [MaybeNullWhen(false)] out string value) =>
        {
            value = text;
            return accepts(text);
        });

    public static Option<int> Number(string key, int fallback, int least, int most, string unit, string summary) =>
        new(key, fallback.ToString(CultureInfo.InvariantCulture), $"{least} to {most} {unit}".TrimEnd(), summary, (string text, out int value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most);

    public static Option<int> Port(string key, int fallback, string summary) =>
        new(key, fallback.ToString(CultureInfo.InvariantCulture), "0 to 65535; 0 takes a free port", summary, (string text, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= ushort.MaxValue);

    public static Option<bool> Switch(string key, string summary) =>
        new(key, "false", "true or false", summary, (string text, out bool value) => bool.TryParse(text, out value));

    public static Option<T> Choice<T>(string key, T fallback, string summary)
        where T : struct, Enum =>
        new(key, Name(fallback), string.Join(", ", Enum.GetValues<T>().Select(Name)), summary, (string text, out T value) =>
        {
            foreach (T candidate in Enum.GetValues<T>())
            {
                if (Name(candidate) == text)
                {
                    value = candidate;
                    return true;
                }
            }

            value = default;
            return false;
        });

    public static Option<IPAddress> Address(string key, string fallback, string summary) =>
        new(key, fallback, "an IPv4 or IPv6 address, or localhost", summary, (string text, [MaybeNullWhen(false)] out IPAddress value) =>
        {
            if (text == "localhost")
            {
                value = IPAddress.Loopback;
                return true;
            }

            // IPAddress.Parse takes "1" for 0.0.0.1, which nobody means.
            value = null;
            return (text.Contains(':') || text.Count(c => c == '.') == 3) && IPAddress.TryParse(text, out value);
        });

    public static Option<long> Bytes(string key, string fallback, string least, string most, string summary)
    {
        long lower = ParseBytes(least);
        long upper = ParseBytes(most);
        return new(key, fallback, $"{least} to {most}; bytes, or a number with KiB, MiB or GiB", summary, (string text, out long value) =>
            TryBytes(text, out value) && value >= lower && value <= upper);
    }

    public static Option<TimeSpan> Duration(string key, string fallback, string least, string most, string summary)
    {
        TimeSpan lower = ParseDuration(least);
        TimeSpan upper = ParseDuration(most);
        return new(key, fallback, $"{least} to {most}; a number with ms, s, m, h or d", summary, (string text, out TimeSpan value) =>
            TryDuration(text, out value) && value >= lower && value <= upper);
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static long ParseBytes(string text) => TryBytes(text, out long value) ? value : throw new FormatException(text);

    private static TimeSpan ParseDuration(string text) => TryDuration(text, out TimeSpan value) ? value : throw new FormatException(text);

    private static bool TryBytes(string text, out long value)
    {
        foreach ((string suffix, long factor) in ByteUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                return TryWhole(text[..^suffix.Length], out value) && TryScale(ref value, factor);
            }
        }

        return TryWhole(text, out value);
    }

    private static bool TryDuration(string text, out TimeSpan value)
    {
        foreach ((string suffix, TimeSpan unit) in TimeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && TryWhole(text[..^suffix.Length], out long count))
            {
                bool scaled = TryScale(ref count, unit.Ticks);
                value = TimeSpan.FromTicks(count);
                return scaled;
            }
        }

        value = default;
        return false;
    }

    private static bool TryWhole(string text, out long value) =>
        long.TryParse(text.TrimEnd(' '), NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryScale(ref long value, long factor)
    {
        if (value > long.MaxValue / factor)
        {
            return false;
        }

        value *= factor;
        return true;
    }
}
