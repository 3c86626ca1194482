using System.Globalization;
using System.Net;
using System.Text;

namespace GoQueue.History.Report.Page;

/// <summary>Builds HTML: tags as they are given, everything else encoded. Numbers and times as people read them.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder text = new();

    public int Size => text.Length;

    /// <summary>Markup of our own.</summary>
    public HtmlText Tag(string markup)
    {
        text.Append(markup);
        return this;
    }

    /// <summary>Anything that came from elsewhere.</summary>
    public HtmlText Text(string words)
    {
        text.Append(WebUtility.HtmlEncode(words));
        return this;
    }

    /// <summary>An element with text in it.</summary>
    public HtmlText Element(string name, string words, string attributes = "") =>
        Tag(attributes.Length == 0 ? $"<{name}>" : $"<{name} {attributes}>").Text(words).Tag($"</{name}>");

    public override string ToString() => text.ToString();

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double share) => share >= 0.9995 && share < 1 ? "99.9 %" : string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");

    public static string Milliseconds(double value) => value switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{value:0.0} ms"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{value:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1000:0.0} s"),
    };

    public static string Seconds(TimeSpan? span) => span is { } known ? Milliseconds(known.TotalMilliseconds) : "-";

    public static string Length(TimeSpan span) =>
        span.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours} h {span.Minutes} min")
        : span.TotalMinutes >= 10 ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min")
        : span.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes} min {span.Seconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");

    /// <summary>A moment of a run: <c>1:07</c>.</summary>
    public static string Clock(TimeSpan span) => span.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes}:{span.Seconds:00}");

    /// <summary>A number in markup.</summary>
    public static string Plain(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
