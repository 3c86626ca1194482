using System.Diagnostics.CodeAnalysis;

namespace GoQueue.Server.Configuration;

/// <summary>
/// One thing that can be configured: its key in files, its flag and environment variable, its default and where that comes from, and
/// what is allowed. The catalog holds all of them; the reference page is checked against it.
/// </summary>
internal abstract class Option(string key, string fallback, string allowed, string summary)
{
    /// <summary>Dotted lower-case key, for example <c>storage.tail-cache</c>.</summary>
    public string Key { get; } = key;

    /// <summary>The default, as one would write it.</summary>
    public string Default { get; } = fallback;

    /// <summary>Bounds and unit in words.</summary>
    public string Allowed { get; } = allowed;

    /// <summary>What it does, what its extremes do, and where the default comes from.</summary>
    public string Summary { get; } = summary;

    /// <summary>Top-level options have a flag of their own; the others are set with <c>--set key=value</c>.</summary>
    public bool HasFlag => !Key.Contains('.');

    /// <summary>True for switches: their flag needs no value.</summary>
    public virtual bool IsSwitch => false;

    public string EnvironmentName => EnvironmentPrefix + Key.Replace('.', '_').Replace('-', '_').ToUpperInvariant();

    public const string EnvironmentPrefix = "GOQUEUE_";

    /// <summary>Whether the text is a value that is allowed.</summary>
    public abstract bool Accepts(string text);
}

internal delegate bool OptionParser<T>(string text, [MaybeNullWhen(false)] out T value);

internal sealed class Option<T>(string key, string fallback, string allowed, string summary, OptionParser<T> parse)
    : Option(key, fallback, allowed, summary)
{
    public override bool IsSwitch => typeof(T) == typeof(bool);

    public override bool Accepts(string text) => parse(text, out _);

    /// <summary>The value of a text that was accepted before.</summary>
    public T Parse(string text) =>
        parse(text, out T? value) ? value : throw new InvalidOperationException($"{Key} was read before it was checked");
}
