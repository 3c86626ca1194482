using GoQueue.History.Events;

namespace GoQueue.History.Checking.Facts;

/// <summary>When the cluster was left in peace: bounds on time hold only then.</summary>
internal sealed class FaultClock
{
    private readonly HashSet<int> active = [];
    private readonly HashSet<int> withoutEffect = [];
    private readonly List<string> doubts = [];
    private readonly HashSet<string> effective = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string?> skipped = new(StringComparer.Ordinal);

    /// <summary>Nanoseconds; the end of the last fault, 0 before the first.</summary>
    public long QuietSince { get; private set; }

    public bool IsQuiet => active.Count == 0;

    /// <summary>Begins of faults so far: two equal counts have no fault between them.</summary>
    public int Begun { get; private set; }

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

            if (fault.IsSkipped)
            {
                skipped.TryAdd(fault.Fault, fault.Proof);
            }
            else if (fault.TookEffect)
            {
                if (fault.Edge == FaultEdge.Begin)
                {
                    effective.Add(fault.Fault);
                }
            }
            else if (withoutEffect.Add(fault.Number))
            {
                doubts.Add($"fault {fault.Number} ({fault}) was not seen to take effect{(fault.Proof is null ? "" : $": {fault.Proof}")}");
            }
        }
        else if (seen.Operation == Operation.Phase && seen.As<PhaseValue>().Phase == RunPhase.Healed)
        {
            active.Clear();
            QuietSince = seen.Time;
        }
    }

    /// <summary>Faults that were brought, or taken away, and could not be found to have (not) taken effect, and those that never found anything to happen to.</summary>
    /// <param name="areDrawn">Each fault was drawn from many: it is enough that some took effect.</param>
    public IEnumerable<string> Doubts(bool areDrawn)
    {
        foreach (string doubt in doubts)
        {
            yield return doubt;
        }

        foreach ((string fault, string? why) in skipped.Where(fault => !effective.Contains(fault.Key) && !(areDrawn && effective.Count > 0)))
        {
            yield return $"{fault} never took effect: there was nothing that it could happen to{(why is null ? "" : $" ({why})")}";
        }
    }

    /// <summary>No fault was active for at least so long before <paramref name="time"/>.</summary>
    public bool WasQuietFor(long nanos, long time) => IsQuiet && time - QuietSince >= nanos;
}
