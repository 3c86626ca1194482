using GoQueue.History.Checking;
using GoQueue.History.Events;
using GoQueue.History.Format;
using GoQueue.History.Generation;

namespace GoQueue.History.Tests.Generation;

public sealed class ModelHistoryTests
{
    /// <summary>Goal: no false alarm. Method: histories of a broker that does everything right, of many shapes, are valid, and nothing is even counted.</summary>
    [Fact]
    public void A_history_of_a_correct_broker_is_never_flagged()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            ModelOptions options = new() { Seed = seed, Operations = 100 + (seed * 10), Clients = 1 + (seed % 20), UnknownPercent = seed % 4 * 7, Partitions = 1 + (seed % 5), IsLogOnly = seed % 7 == 0 };
            Verdict verdict = HistoryChecker.Check(ModelHistory.Generate(options), new CheckOptions { Configuration = ModelHistory.Configuration(options), MinimumOk = 0 });

            List<Anomaly> found = [.. verdict.Anomalies.Where(static anomaly => anomaly.Definition.Id is not "T1" and not "T4" || anomaly.Level == AnomalyLevel.Error)];
            Assert.True(found.Count == 0 && verdict.Reasons.Count == 0, $"seed {seed}: {verdict}: {string.Join("; ", verdict.Anomalies.SelectMany(static anomaly => anomaly.Evidence))}");
        }
    }

    /// <summary>Long enough for bounds on time (lateness, leases) to pass within the run.</summary>
    [Fact]
    public void A_long_history_of_a_correct_broker_is_valid()
    {
        ModelOptions options = new() { Seed = 1, Operations = 40_000, Clients = 20, UnknownPercent = 1 };
        Verdict verdict = HistoryChecker.Check(ModelHistory.Generate(options), new CheckOptions { Configuration = ModelHistory.Configuration(options), MinimumOk = 1 });
        Assert.True(verdict.Valid == Validity.True, $"{verdict}: {string.Join("; ", verdict.Errors.SelectMany(static anomaly => anomaly.Evidence))}");
    }

    [Fact]
    public void A_generated_file_is_judged_as_the_same_history_in_memory()
    {
        ModelOptions options = new() { Seed = 5, Operations = 3_000 };
        string path = Path.Combine(Path.GetTempPath(), $"history-{Guid.NewGuid():N}.jsonl");
        try
        {
            ModelHistory.Generate(options, path);
            Verdict fromFile = HistoryChecker.CheckFile(path, static options => options with { MinimumOk = 1 });

            IReadOnlyList<HistoryEvent> events = ModelHistory.Generate(options);
            Assert.Equal(Validity.True, fromFile.Valid);
            Assert.Equal(events.Count, fromFile.Events);
            using HistoryReader reader = HistoryReader.Open(path);
            Assert.Equal(events.Select(HistoryFormat.Line), reader.Events().Select(HistoryFormat.Line));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
