using GoQueue.History.Checking;
using GoQueue.History.Tests.Checking.Cases;

namespace GoQueue.History.Tests.Checking;

/// <summary>reliability.md 3.7: each anomaly has a history that must be flagged, with exactly that anomaly, and a near-miss that must not.</summary>
public sealed class AnomalyTests
{
    private static readonly Case[] Cases = [.. LogCases.All, .. GroupCases.All, .. ClusterCases.All];

    public static TheoryData<string> Names => [.. Cases.Select(static written => written.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_history_by_hand_is_judged_as_a_person_would(string name)
    {
        Case written = Cases.Single(candidate => candidate.ToString() == name);
        Script script = new();
        written.Write(script);

        Verdict verdict = script.Check();

        Assert.Equal(
            string.Join(", ", written.Expected.Order()),
            string.Join(", ", verdict.Anomalies.Select(static anomaly => anomaly.Definition.Id + (anomaly.Level == AnomalyLevel.Error || anomaly.Definition.Level == AnomalyLevel.Information ? "" : " I")).Order()));
        Assert.DoesNotContain(verdict.Reasons, static reason => reason.Contains("not judged", StringComparison.Ordinal));
        Assert.All(verdict.Anomalies, static anomaly => Assert.NotEmpty(anomaly.Evidence));
    }
}
