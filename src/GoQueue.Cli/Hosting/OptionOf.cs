using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using GoQueue.Cli.Values;

namespace GoQueue.Cli.Hosting;

/// <summary>Options whose values people write with units or as words; a wrong one is refused with what was expected.</summary>
internal static class OptionOf
{
    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>A duration; absent is null. With <paramref name="forever"/> also -1, which becomes <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static Option<TimeSpan?> Duration(string name, string description, bool forever = false) => Parsed<TimeSpan>(
        name,
        [],
        description,
        "DURATION",
        (string text, out TimeSpan value) =>
        {
            if (forever && text is "-1")
            {
                value = Timeout.InfiniteTimeSpan;
                return true;
            }

            return DurationText.TryParse(text, out value);
        },
        DurationText.Expected + (forever ? ", or -1 for ever" : string.Empty));

    /// <summary>A byte count; absent is null. With <paramref name="unlimited"/> also -1.</summary>
    public static Option<long?> Size(string name, string description, bool unlimited = false) => Parsed<long>(
        name,
        [],
        description,
        "SIZE",
        (string text, out long value) =>
        {
            value = -1;
            return (unlimited && text is "-1") || ByteSizeText.TryParse(text, out value);
        },
        ByteSizeText.Expected + (unlimited ? ", or -1 for no limit" : string.Empty));

    /// <summary>A whole number inside bounds; absent is null.</summary>
    public static Option<long?> Whole(string name, string[] aliases, string description, string placeholder, long lowest, long highest) => Parsed<long>(
        name,
        aliases,
        description,
        placeholder,
        (string text, out long value) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= lowest && value <= highest,
        highest == long.MaxValue ? $"a whole number of at least {lowest}" : $"a whole number from {lowest} to {highest}");

    /// <summary>A rate per second; absent is null.</summary>
    public static Option<double?> Rate(string name, string description) => Parsed<double>(
        name,
        [],
        description,
        "PER-SECOND",
        (string text, out double value) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value is > 0 and <= 1e9,
        "a number above 0, messages a second");

    /// <summary>One of a few words; absent is null.</summary>
    public static Option<T?> Choice<T>(string name, string[] aliases, string description, params (string Word, T Value)[] choices)
        where T : struct
    {
        string words = string.Join("|", choices.Select(choice => choice.Word));
        Option<T?> option = Parsed<T>(
            name,
            aliases,
            description,
            words,
            (string text, out T value) =>
            {
                foreach ((string word, T candidate) in choices)
                {
                    if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                    {
                        value = candidate;
                        return true;
                    }
                }

                value = default;
                return false;
            },
            "one of " + string.Join(", ", choices.Select(choice => choice.Word)));
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. choices.Select(choice => choice.Word)]);
        return option;
    }

    /// <summary>A plain text; absent is null.</summary>
    public static Option<string?> Text(string name, string description, string placeholder) => new(name) { Description = description, HelpName = placeholder };

    /// <summary>A text that may be given several times, each time with one value.</summary>
    public static Option<string[]> Texts(string name, string[] aliases, string description, string placeholder) => new(name, aliases)
    {
        Description = description + " Repeatable.",
        HelpName = placeholder,
        Arity = new ArgumentArity(1, 100_000),
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    private static Option<T?> Parsed<T>(string name, string[] aliases, string description, string placeholder, TryParse<T> parse, string expected)
        where T : struct => new(name, aliases)
        {
            Description = description,
            HelpName = placeholder,
            CustomParser = result =>
            {
                string text = result.Tokens.Count == 0 ? string.Empty : result.Tokens[^1].Value;
                if (parse(text, out T value))
                {
                    return value;
                }

                result.AddError($"'{text}' is not a value for {name}: expected {expected}");
                return null;
            },
        };
}
