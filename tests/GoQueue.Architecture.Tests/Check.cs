namespace GoQueue.Architecture.Tests;

internal static class Check
{
    /// <summary>Fails with every violation on a line of its own.</summary>
    public static void None(IEnumerable<string> violations)
    {
        List<string> found = [.. violations.Distinct()];
        Assert.True(found.Count == 0, $"{found.Count} violation(s):\n  " + string.Join("\n  ", found));
    }
}
