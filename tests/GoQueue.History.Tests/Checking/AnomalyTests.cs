using GoQueue.History.Checking;
using GoQueue.History.Tests.Checking.Cases;

namespace GoQueue.History.Tests.Checking;

/// <summary>reliability.md 3.7: each anomaly has a history that must be flagged, with exactly that anomaly, and a near-miss that must not.</summary>
public sealed class AnomalyTests
{
    private static readonly Case[] Cases = [.. LogCases.All, .. GroupCases.All, .. TransactionCases.All, .. QueueCases.All, .. DelayCases.All, .. ClusterCases.All];

    public static TheoryData<string> Names => [.. Cases.Select(static written => written.ToString())];

    [Fact]
    public void Every_anomaly_of_the_catalog_has_a_history_that_is_flagged_and_one_that_is_not()
    {
        IEnumerable<string> ids = AnomalyCatalog.All.Select(static definition => definition.Id).Order();
        Assert.Equal(ids, Cases.Where(static written => written.IsFlagged).Select(static written => written.Id).Distinct().Order());
        Assert.Equal(ids, Cases.Where(static written => !written.IsFlagged).Select(static written => written.Id).Distinct().Order());
        Assert.Equal(15 + 6 + 11 + 8 + 6 + 7, AnomalyCatalog.All.Count);
    }

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
