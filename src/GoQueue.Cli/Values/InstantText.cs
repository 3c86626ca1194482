using System.Globalization;

namespace GoQueue.Cli.Values;

/// <summary>Instants on the command line: RFC 3339, milliseconds since 1970, or relative to now (<c>-1h</c>, <c>now</c>).</summary>
internal static class InstantText
{
    public const string Expected = "a time such as 2026-01-31T12:00:00Z, milliseconds since 1970, now, or relative to now like -1h";

    // 9999-12-31T23:59:59.999Z; later instants have no RFC 3339 form.
    private const long LastMillis = 253_402_300_799_999;

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"];

    /// <summary>Reads an instant as milliseconds since 1970-01-01T00:00:00Z, 0 at the earliest. Without an offset the time is UTC.</summary>
    public static bool TryParse(string text, DateTimeOffset now, out long unixMillis)
    {
        unixMillis = 0;
        if (text is "now")
        {
            unixMillis = now.ToUnixTimeMilliseconds();
            return true;
        }

        if (text.StartsWith('-'))
        {
            bool relative = DurationText.TryParse(text[1..], out TimeSpan ago);
            unixMillis = relative ? Math.Max(0, now.ToUnixTimeMilliseconds() - (long)ago.TotalMilliseconds) : 0;
            return relative;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out unixMillis))
        {
            return unixMillis <= LastMillis;
        }

        if (DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset instant)
            && instant.ToUnixTimeMilliseconds() >= 0)
        {
            unixMillis = instant.ToUnixTimeMilliseconds();
            return true;
        }

        return false;
    }

    /// <summary>RFC 3339 in UTC with milliseconds; the bare number when it is outside the years RFC 3339 knows.</summary>
    public static string Format(long unixMillis) => unixMillis is >= 0 and <= LastMillis
        ? DateTimeOffset.FromUnixTimeMilliseconds(unixMillis).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : unixMillis.ToString(CultureInfo.InvariantCulture);
}
