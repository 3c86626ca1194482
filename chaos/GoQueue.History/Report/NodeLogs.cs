using System.Globalization;

namespace GoQueue.History.Report;

/// <summary>
/// Lines of the nodes' logs around moments of a history: files <c>NODE.log</c> of one folder whose lines begin with a wall clock time. Files of any length; what is kept is
/// bounded.
/// </summary>
internal sealed class NodeLogs(string folder, DateTimeOffset started)
{
    private const int MaxLines = 48; // of one finding, all nodes together
    private const int MaxLineLength = 400;
    private static readonly TimeSpan before = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan after = TimeSpan.FromSeconds(1);

    /// <summary>For each finding with its moments, in their order: the lines around any of them, by time.</summary>
    public IReadOnlyList<IReadOnlyList<LogLine>> Around(IReadOnlyList<IReadOnlyList<TimeSpan>> findings)
    {
        List<LogLine>[] found = [.. findings.Select(static _ => new List<LogLine>())];
        if (findings.Count == 0 || !Directory.Exists(folder))
        {
            return found;
        }

        string[] files = [.. Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal)];
        int share = Math.Max(1, MaxLines / Math.Max(1, files.Length));
        foreach (string file in files)
        {
            int[] taken = new int[found.Length];
            foreach (string line in File.ReadLines(file))
            {
                if (!TryTime(line, out TimeSpan time, out int textAt))
                {
                    continue;
                }

                for (int index = 0; index < findings.Count; index++)
                {
                    bool isNear = findings[index].Any(moment => time >= moment - before && time <= moment + after);
                    if (isNear && taken[index]++ < share)
                    {
                        string text = line[textAt..];
                        found[index].Add(new LogLine(Path.GetFileNameWithoutExtension(file), time, text.Length <= MaxLineLength ? text : text[..MaxLineLength] + " ..."));
                    }
                }
            }
        }

        return [.. found.Select(static lines => lines.OrderBy(static line => line.Time).ToList())];
    }

    private bool TryTime(string line, out TimeSpan time, out int textAt)
    {
        textAt = line.IndexOf(' ', StringComparison.Ordinal) + 1;
        time = default;
        if (textAt is < 20 or > 40 || !DateTimeOffset.TryParse(line.AsSpan(0, textAt - 1), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset wall))
        {
            return false;
        }

        time = wall - started;
        return true;
    }
}
