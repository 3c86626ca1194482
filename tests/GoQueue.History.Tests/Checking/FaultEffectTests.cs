using GoQueue.History.Checking;
using GoQueue.History.Events;

namespace GoQueue.History.Tests.Checking;

/// <summary>A fault that was not seen to take effect proves nothing; one that found nothing to happen to now and then is another matter.</summary>
public sealed class FaultEffectTests
{
    [Fact]
    public void A_fault_without_effect_makes_a_run_unknown_whatever_the_same_fault_did_before() =>
        Assert.Contains(
            "not seen to take effect",
            Assert.Single(Reasons(static h => h.Fault(1, FaultEdge.Begin).Fault(1, FaultEdge.End).Fault(2, FaultEdge.Begin, effect: false).Fault(2, FaultEdge.End))),
            StringComparison.Ordinal);

    [Fact]
    public void A_repeat_that_found_nothing_to_happen_to_does_not_when_another_took_effect() =>
        Assert.Empty(Reasons(static h => h.Skipped(1).Fault(2, FaultEdge.Begin).Fault(2, FaultEdge.End).Skipped(3)));

    [Fact]
    public void A_fault_that_never_found_anything_to_happen_to_makes_a_run_unknown() =>
        Assert.Contains(
            "cut never took effect",
            Assert.Single(Reasons(static h => h.Skipped(1, "cut").Fault(2, FaultEdge.Begin).Fault(2, FaultEdge.End).Skipped(3, "cut"))),
            StringComparison.Ordinal);

    [Fact]
    public void Of_faults_drawn_from_many_one_that_took_effect_is_enough()
    {
        Assert.Empty(Reasons(static h => h.Configure(static run => run with { AreFaultsDrawn = true }).Skipped(1, "cut").Fault(2, FaultEdge.Begin).Fault(2, FaultEdge.End)));
        Assert.Single(Reasons(static h => h.Configure(static run => run with { AreFaultsDrawn = true }).Skipped(1, "cut")));
    }

    [Fact]
    public void Bounds_on_time_run_from_its_end_as_from_that_of_any_fault()
    {
        Script script = new();
        Verdict verdict = script.Skipped(1).Fault(2, FaultEdge.Begin).Fault(2, FaultEdge.End).Wait(500).As(EventType.Info).Probe().Check();
        Assert.Equal("L15", Assert.Single(verdict.Errors).Definition.Id);
    }

    private static IReadOnlyList<string> Reasons(Action<Script> write)
    {
        Script script = new();
        write(script.Send(0, "0=0-0"));
        Verdict verdict = script.Check();
        Assert.Empty(verdict.Anomalies);
        Assert.Equal(verdict.Reasons.Count > 0 ? Validity.Unknown : Validity.True, verdict.Valid);
        return verdict.Reasons;
    }
}
