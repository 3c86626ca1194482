namespace GoQueue.Server.Configuration;

/// <summary>Finds what somebody probably meant: the candidate with the smallest edit distance, if it is close enough to be a slip.</summary>
internal static class NearestName
{
    public static string? Of(string given, IReadOnlyCollection<string> candidates)
    {
        string? nearest = null;
        if (given.Length > 2 && candidates.Count(candidate => candidate.StartsWith(given, StringComparison.Ordinal)) == 1)
        {
            return candidates.First(candidate => candidate.StartsWith(given, StringComparison.Ordinal)); // cut short
        }

        int best = Math.Max(2, given.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int distance = Distance(given, candidate);
            if (distance < best)
            {
                best = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>Levenshtein distance, two rows.</summary>
    private static int Distance(string left, string right)
    {
        int[] above = new int[right.Length + 1];
        int[] row = new int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++)
        {
            above[j] = j;
        }

        for (int i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int change = above[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(above[j], row[j - 1]) + 1);
            }

            (above, row) = (row, above);
        }

        return above[right.Length];
    }
}
