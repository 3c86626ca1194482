using GoQueue.History.Events;

namespace GoQueue.History.Checking.Facts;

/// <summary>When the cluster was left in peace: bounds on time hold only then.</summary>
internal sealed class FaultClock
{
    private readonly HashSet<int> active = [];
    private readonly HashSet<int> withoutEffect = [];

    /// <summary>Nanoseconds; the end of the last fault, 0 before the first.</summary>
    public long QuietSince { get; private set; }

    public bool IsQuiet => active.Count == 0;

    /// <summary>Begins of faults so far: two equal counts have no fault between them.</summary>
    public int Begun { get; private set; }

    /// <summary>Faults that were brought, or taken away, and could not be found to have (not) taken effect.</summary>
    public List<string> WithoutEffect { get; } = [];

    public void Observe(HistoryEvent seen)
    {
        if (seen.Operation == Operation.Nemesis)
        {
            NemesisValue fault = seen.As<NemesisValue>();
            if (fault.Edge == FaultEdge.Begin)
            {
                active.Add(fault.Number);
                Begun++;
            }
            else
            {
                active.Remove(fault.Number);
                QuietSince = seen.Time;
            }

            if (!fault.TookEffect && withoutEffect.Add(fault.Number))
            {
                WithoutEffect.Add($"fault {fault.Number} ({fault}) was not seen to take effect{(fault.Proof is null ? "" : $": {fault.Proof}")}");
            }
        }
        else if (seen.Operation == Operation.Phase && seen.As<PhaseValue>().Phase == RunPhase.Healed)
        {
            active.Clear();
            QuietSince = seen.Time;
        }
    }

    /// <summary>No fault was active for at least so long before <paramref name="time"/>.</summary>
    public bool WasQuietFor(long nanos, long time) => IsQuiet && time - QuietSince >= nanos;
}
