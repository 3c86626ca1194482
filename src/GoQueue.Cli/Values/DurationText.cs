using System.Buffers;
using System.Globalization;
using System.Text;

namespace GoQueue.Cli.Values;

/// <summary>Durations as people write them: <c>250ms</c>, <c>30s</c>, <c>1h30m</c>, <c>7d</c>, <c>1.5h</c>. A unit is always needed.</summary>
internal static class DurationText
{
    /// <summary>What a refused duration should have looked like.</summary>
    public const string Expected = "a number with a unit (us, ms, s, m, h, d, w), for example 250ms, 30s, 1h30m or 7d";

    // Longest suffix first, so that "ms" is not read as "m" with a stray "s".
    private static readonly (string Suffix, decimal Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay), ("w", 7 * TimeSpan.TicksPerDay),
    ];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    // The wire counts milliseconds in 64 bits and instants reach year 9999; a century is beyond any use and far from any overflow.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>Reads a duration of 0 to 100 years. A bare <c>0</c> needs no unit.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text is "0")
        {
            return true;
        }

        decimal ticks = 0;
        ReadOnlySpan<char> rest = text;
        if (rest.IsEmpty)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0
                || digits > 18
                || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount)
                || !TakeUnit(rest[digits..], out decimal unit, out int length)
                || amount > Longest.Ticks / unit)
            {
                return false;
            }

            ticks += amount * unit;
            if (ticks > Longest.Ticks)
            {
                return false;
            }

            rest = rest[(digits + length)..];
        }

        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>The shortest exact form that <see cref="TryParse"/> reads back: <c>7d</c>, <c>1h30m</c>, <c>1500us</c>; <c>0s</c> for zero.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration.Ticks < TimeSpan.TicksPerMicrosecond)
        {
            return "0s";
        }

        StringBuilder text = new();
        long rest = duration.Ticks;
        Take("d", TimeSpan.TicksPerDay);
        Take("h", TimeSpan.TicksPerHour);
        Take("m", TimeSpan.TicksPerMinute);
        Take("s", TimeSpan.TicksPerSecond);
        Take("ms", TimeSpan.TicksPerMillisecond);
        Take("us", TimeSpan.TicksPerMicrosecond);
        return text.ToString();

        void Take(string suffix, long ticks)
        {
            if (rest >= ticks)
            {
                text.Append(rest / ticks).Append(suffix);
                rest %= ticks;
            }
        }
    }

    private static bool TakeUnit(ReadOnlySpan<char> text, out decimal ticks, out int length)
    {
        foreach ((string suffix, decimal unit) in Units)
        {
            if (text.StartsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                ticks = unit;
                length = suffix.Length;
                return true;
            }
        }

        ticks = 0;
        length = 0;
        return false;
    }
}
