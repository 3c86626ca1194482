using GoQueue.Chaos.Runs;
using GoQueue.Harness;
using GoQueue.History.Checking;
using GoQueue.History.Events;
using GoQueue.History.Format;
using GoQueue.History.Mutation;

namespace GoQueue.Chaos.Commands;

/// <summary><c>mutate</c>: breaks a valid history in every way that can be observed in it, and says whether the checker saw it.</summary>
internal static class MutateCommand
{
    public static int Run(Arguments given)
    {
        int seed = given.Number("--seed", 1, 0, int.MaxValue);
        string? target = given.Text("--to");
        given.Finish(words: 1);
        string file = HistoryFile.Of(given);
        return target is null ? Score(file, seed) : Write(file, target, seed);
    }

    private static int Score(string file, int seed)
    {
        using HistoryReader reader = HistoryReader.Open(file);
        List<HistoryEvent> events = [.. reader.Events()];
        if (reader.Run is not { } run || reader.ProblemCount > 0)
        {
            throw new HarnessException($"{file}: {(reader.Problems.Count > 0 ? reader.Problems[0] : "no history")}; only a whole one can be damaged in a known way");
        }

        CheckOptions options = new() { Configuration = run.Configuration, MinimumOk = Judgement.MinimumOk };
        if (HistoryChecker.Check(events, options) is { Valid: not Validity.True } verdict)
        {
            throw new HarnessException($"{file} is not valid itself: {verdict}");
        }

        int seen = 0;
        int made = 0;
        foreach (MutationKind kind in HistoryMutator.Kinds)
        {
            Mutation? mutation = HistoryMutator.Mutate(events, kind, seed);
            if (mutation is null)
            {
                Console.WriteLine($"{kind,-20} no place for it in this history");
                continue;
            }

            made++;
            Verdict found = HistoryChecker.Check(mutation.Events, options);
            string[] ids = [.. found.Errors.Select(anomaly => anomaly.Definition.Id)];
            bool isSeen = ids.Intersect(mutation.Expected).Any();
            seen += isSeen ? 1 : 0;
            Console.WriteLine($"{kind,-20} {(isSeen ? "seen" : "NOT SEEN")}: {mutation.Words}; expected {string.Join(" or ", mutation.Expected)}, found {(ids.Length == 0 ? "nothing" : string.Join(", ", ids))}");
        }

        Console.WriteLine($"{seen} of {made} seen  seed {seed}  {file}");
        return made == 0 ? 2 : seen == made ? 0 : 1;
    }

    private static int Write(string file, string target, int seed)
    {
        try
        {
            Mutation mutation = HistoryMutator.MutateFile(file, target, null, seed) ?? throw new HarnessException($"{file} has no place for any change that could be observed");
            Console.WriteLine($"{mutation.Kind}: {mutation.Words}; the checker must find {string.Join(" or ", mutation.Expected)} in {target}");
            return 0;
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException)
        {
            throw new HarnessException(refused.Message);
        }
    }
}
