using GoQueue.History.Checking;
using GoQueue.History.Events;
using GoQueue.History.Generation;
using GoQueue.History.Mutation;

using Xunit.Abstractions;

namespace GoQueue.History.Tests.Mutation;

/// <summary>The checker against histories with one thing wrong: a checker that has never failed a broken history proves nothing.</summary>
public sealed class MutationScoreTests(ITestOutputHelper output)
{
    private const int Histories = 12;

    public static TheoryData<MutationKind> AllKinds => [.. HistoryMutator.Kinds];

    /// <summary>Goal: every observable single change is detected, by its name. Method: each kind of change in twelve valid histories.</summary>
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Every_observable_change_is_detected(MutationKind kind)
    {
        int made = 0;
        int detected = 0;
        List<string> missed = [];
        for (int seed = 0; seed < Histories; seed++)
        {
            ModelOptions options = new() { Seed = seed, Operations = 600, UnknownPercent = seed % 3, Partitions = 3 };
            IReadOnlyList<HistoryEvent> valid = ModelHistory.Generate(options);
            if (HistoryMutator.Mutate(valid, kind, seed) is not { } mutation)
            {
                continue;
            }

            made++;
            Verdict verdict = HistoryChecker.Check(mutation.Events, new CheckOptions { Configuration = ModelHistory.Configuration(options), MinimumOk = 0 });
            if (verdict.Valid == Validity.False && verdict.Errors.Any(anomaly => mutation.Expected.Contains(anomaly.Definition.Id)))
            {
                detected++;
            }
            else
            {
                missed.Add($"seed {seed}, {mutation.Words}: {verdict}");
            }
        }

        output.WriteLine($"{kind}: {detected} of {made}");
        Assert.True(missed.Count == 0, string.Join(Environment.NewLine, missed));
        Assert.True(made >= Histories / 2, $"only {made} of {Histories} histories had a place for it");
    }
}
