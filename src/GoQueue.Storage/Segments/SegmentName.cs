using System.Globalization;
using GoQueue.Core;

namespace GoQueue.Storage.Segments;

/// <summary>File names of a partition log: 20 digits of the base offset and a suffix, so that ordinal order is offset order.</summary>
internal static class SegmentName
{
    public const string Log = ".log";
    public const string OffsetIndex = ".index";
    public const string TimeIndex = ".timeindex";
    public const string State = ".state";
    public const string Deleted = ".deleted";
    public const int Digits = 20;

    public static string Of(Offset baseOffset, string suffix) =>
        string.Create(CultureInfo.InvariantCulture, $"{baseOffset.Value:D20}{suffix}");

    public static bool TryParse(string name, string suffix, out Offset baseOffset)
    {
        baseOffset = Offset.None;
        if (name.Length != Digits + suffix.Length || !name.EndsWith(suffix, StringComparison.Ordinal)
            || !long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            return false;
        }

        baseOffset = new Offset(value);
        return true;
    }
}
