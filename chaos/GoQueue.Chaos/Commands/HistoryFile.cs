using GoQueue.Harness;

namespace GoQueue.Chaos.Commands;

/// <summary>The history file that a command line names.</summary>
internal static class HistoryFile
{
    public static string Of(Arguments given)
    {
        string file = given.Words.Count == 1 ? given.Words[0] : throw new UsageException("expected one history file (history.jsonl in the folder of a trial)");
        return File.Exists(file) ? file : throw new HarnessException($"there is no file {file}");
    }
}
