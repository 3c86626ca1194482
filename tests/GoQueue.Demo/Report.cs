using System.Diagnostics;

namespace GoQueue.Demo;

/// <summary>One line per thing that was shown; remembers whether all of it held.</summary>
internal sealed class Report
{
    private readonly List<string> failures = [];

    public bool HasFailed => failures.Count > 0;

    public void Title(string text) => Console.WriteLine($"\n{text}");

    public void Say(string what, string text) => Console.WriteLine($"  {what,-10} {text}");

    /// <summary>A line that holds when there are no differences, and shows them when there are.</summary>
    public void Judge(string what, string text, IReadOnlyCollection<string> differences)
    {
        if (differences.Count == 0)
        {
            Say(what, text);
            return;
        }

        failures.Add(what);
        Say(what, $"FAILED: {text}");
        foreach (string difference in differences)
        {
            Console.WriteLine($"             - {difference}");
        }
    }

    public static string Rate(long count, TimeSpan time) => $"{time.TotalSeconds:0.00} s ({count / Math.Max(time.TotalSeconds, 0.001):N0}/s)";

    public static TimeSpan Since(long started) => Stopwatch.GetElapsedTime(started);
}
