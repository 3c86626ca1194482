using System.Globalization;

namespace GoQueue.Cli.Values;

/// <summary>Byte counts as people write them: <c>1024</c>, <c>64KiB</c>, <c>1GiB</c>, <c>1.5MB</c>. A single letter (<c>64M</c>) is binary.</summary>
internal static class ByteSizeText
{
    public const string Expected = "a number of bytes, with B, KiB, MiB, GiB, TiB (powers of 1024) or kB, MB, GB, TB (powers of 1000) if you like, for example 64MiB";

    private static readonly (string Suffix, decimal Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("T", 1L << 40), ("B", 1),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        decimal unit = 1;
        ReadOnlySpan<char> number = text;
        foreach ((string suffix, decimal size) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                unit = size;
                number = text.AsSpan(0, text.Length - suffix.Length).TrimEnd(' ');
                break;
            }
        }

        // The length bound keeps the product below inside a decimal.
        if (number.Length > 19
            || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount)
            || amount * unit > long.MaxValue
            || amount * unit != decimal.Truncate(amount * unit))
        {
            return false;
        }

        bytes = (long)(amount * unit);
        return true;
    }

    /// <summary>An exact short form: <c>64MiB</c>, <c>1000B</c>.</summary>
    public static string Format(long bytes) => bytes switch
    {
        0 => "0B",
        _ when bytes % (1L << 40) == 0 => $"{bytes >> 40}TiB",
        _ when bytes % (1L << 30) == 0 => $"{bytes >> 30}GiB",
        _ when bytes % (1L << 20) == 0 => $"{bytes >> 20}MiB",
        _ when bytes % (1L << 10) == 0 => $"{bytes >> 10}KiB",
        _ => $"{bytes}B",
    };

    /// <summary>A rounded form for people: <c>1.4 GiB</c>.</summary>
    public static string Approximate(double bytes)
    {
        string[] names = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = 0;
        while (bytes >= 1024 && unit < names.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes:0} B" : string.Create(CultureInfo.InvariantCulture, $"{bytes:0.0} {names[unit]}");
    }
}
