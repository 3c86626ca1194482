using System.Text.RegularExpressions;

namespace GoQueue.Architecture.Tests.Rules;

/// <summary>Rules over the text of tracked files.</summary>
internal static partial class SourceText
{
    public const int MaxLines = 400;

    /// <summary>Files that are longer than <see cref="MaxLines"/> and have one idea that deserves it.</summary>
    public static readonly Dictionary<string, string> LongFiles = new(StringComparer.Ordinal)
    {
    };

    public static IEnumerable<string> TooLong(string file, string text, IReadOnlyDictionary<string, string> allowed)
    {
        int lines = text.AsSpan().Count('\n');
        if (lines > MaxLines && !allowed.ContainsKey(file))
        {
            yield return $"{file} has {lines} lines, more than {MaxLines}: cut it by noun, or list it with the idea that deserves the length";
        }
        else if (lines <= MaxLines && allowed.ContainsKey(file))
        {
            yield return $"{file} is listed as long but has {lines} lines: take it off the list";
        }
    }

    /// <summary>Addresses of package registries and folders of somebody's machine do not belong in what others clone.</summary>
    public static IEnumerable<string> MachineTraces(string file, string text) =>
        Traces().Matches(text).Select(match => $"{file} holds '{match.Value}'");

    public static IEnumerable<string> SkippedTests(string file, string text) =>
        Skips().Matches(text).Select(match => $"{file} skips a test ({match.Value}): mend it or delete it");

    public static IEnumerable<string> BugSwitches(string file, string text) =>
        text.Contains("GoQueue.DeliberateBugs", StringComparison.Ordinal) ? [$"{file} switches deliberate bugs on: only the hosts of tests do"] : [];

    public static IEnumerable<string> PlantedBugs(string file, string text) =>
        Planted().Matches(text).Select(match => $"{file} plants a deliberate bug ('{match.Value}'): only tests do");

    [GeneratedRegex(@"\b(?:Bugs\s*=\s*\w*DeliberateBugs|Faults\s*=\s*\w*RaftFaults)[.](?!None)\w+")]
    private static partial Regex Planted();

    // Written with classes of one character so that this file does not hold what it looks for.
    [GeneratedRegex(@"registry[.]npm|api[.]nuget[.]|deb[.]debian|pypi[.]org/simple|proxy[.]golang|(?<![\w./-])/(?:root|work|home/\w+)/[\w.-]+")]
    private static partial Regex Traces();

    [GeneratedRegex(@"\[(?:Fact|Theory)[^\]]*\bSkip\s*=")]
    private static partial Regex Skips();
}
