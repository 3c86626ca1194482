using GoQueue.Chaos.Runs;
using GoQueue.Harness;
using GoQueue.History.Checking;
using GoQueue.History.Report;

namespace GoQueue.Chaos.Commands;

/// <summary><c>report</c>: makes the page over histories that are there, of one run or of several.</summary>
internal static class ReportCommand
{
    private const int MaxHistories = 1000;

    public static int Run(Arguments given)
    {
        string to = given.Text("--to") ?? RunReports.FileName;
        given.Finish(MaxHistories);
        if (given.Words.Count == 0)
        {
            throw new UsageException("report takes history files, or folders of trials");
        }

        List<TrialReport> trials = [];
        foreach (string word in given.Words)
        {
            string file = Directory.Exists(word) ? Path.Combine(word, TrialRunner.HistoryFile) : word;
            if (!File.Exists(file))
            {
                throw new HarnessException($"there is no file {file}");
            }

            string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            Verdict verdict = Judgement.Check(file);
            trials.Add(TrialReader.Read(Path.GetFileName(folder), file, verdict, folder) with { HistoryFile = Path.Combine(Path.GetFileName(folder), Path.GetFileName(file)) });
        }

        trials.Sort((left, right) => Nullable.Compare(left.Run?.Started, right.Run?.Started));
        string title = trials.Count == 1 ? trials[0].Name : $"{trials.Count} trials";
        RunReports.WriteRun(title, trials, [], null, to);
        Console.WriteLine(to);
        return 0;
    }
}
