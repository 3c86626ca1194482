using GoQueue.Harness;
using GoQueue.History.Export;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Commands;

/// <summary><c>export</c>: a history for checkers that nobody here wrote.</summary>
internal static class ExportCommand
{
    public static int Run(Arguments given)
    {
        string format = given.Text("--format") ?? "jepsen";
        string? target = given.Text("--to");
        given.Finish(words: 1);
        if (format is not ("jepsen" or "intervals"))
        {
            throw new UsageException($"--format takes jepsen or intervals, not '{format}'");
        }

        using HistoryReader reader = HistoryReader.Open(HistoryFile.Of(given));
        long written;
        try
        {
            using TextWriter writer = target is null ? Console.Out : new StreamWriter(new FileStream(target, FileMode.CreateNew));
            written = format == "jepsen" ? JepsenExporter.Export(reader.Events(), writer) : IntervalExporter.Export(reader.Events(), writer);
        }
        catch (IOException failure)
        {
            throw new HarnessException(failure.Message);
        }

        foreach (HistoryProblem problem in reader.Problems)
        {
            Console.Error.WriteLine(problem);
        }

        Console.Error.WriteLine($"{written:N0} operations{(target is null ? "" : $" in {target}")}");
        return reader.ProblemCount > 0 ? 2 : 0;
    }
}
