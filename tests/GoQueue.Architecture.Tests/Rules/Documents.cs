using System.Text.RegularExpressions;

namespace GoQueue.Architecture.Tests.Rules;

/// <summary>Documents exist, can be found, and do not point into the void.</summary>
internal static partial class Documents
{
    public const string Architecture = "docs/architecture.md";

    public static IEnumerable<string> MissingReadmes(IReadOnlyCollection<string> files) => files
        .Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal))
        .Select(file => Path.GetDirectoryName(file)! + "/README.md")
        .Where(readme => !files.Contains(readme))
        .Select(readme => $"{readme} is missing: purpose, surface, main types, invariants, on a page");

    public static IEnumerable<string> UnlinkedInternals(IEnumerable<string> files, string architecture)
    {
        HashSet<string> targets = [.. Targets(architecture)];
        return files.Where(file => file.StartsWith("docs/internals/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal))
            .Where(file => !targets.Contains(file["docs/".Length..]))
            .Select(file => $"{file} is not linked from {Architecture}");
    }

    /// <summary>Relative links of a document that lead to nothing.</summary>
    public static IEnumerable<string> DeadLinks(string file, string text, IReadOnlyCollection<string> files)
    {
        string folder = Path.GetDirectoryName(file)!.Replace('\\', '/');
        foreach (string target in Targets(text).Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)))
        {
            string path = Path.GetRelativePath(".", Path.Combine(folder, target)).Replace('\\', '/').TrimEnd('/');
            if (target.Length > 0 && !files.Contains(path) && !files.Any(known => known.StartsWith(path + "/", StringComparison.Ordinal)))
            {
                yield return $"{file} links to {target}, which is not there";
            }
        }
    }

    /// <summary>A decision record says context, choice and consequences.</summary>
    public static IEnumerable<string> IncompleteDecision(string file, string text) =>
        new[] { "## Context", "## Choice", "## Consequences" }
            .Where(heading => !text.Contains("\n" + heading + "\n", StringComparison.Ordinal))
            .Select(heading => $"{file} has no '{heading}'");

    private static IEnumerable<string> Targets(string text) => Links().Matches(text).Select(match => match.Groups[1].Value.Split('#')[0]);

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();
}
