using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>L15: within the bound after the last fault every partition takes and gives messages, by the probes of the final phase.</summary>
internal sealed class LivenessCheck(CheckContext context) : Check(context)
{
    private readonly SortedDictionary<int, Probe> probes = [];

    public override void Observed(HistoryEvent seen)
    {
        if (seen.Value is PhaseValue { Phase: RunPhase.Recovered } && seen.Type != EventType.Ok)
        {
            Report("L15", $"the cluster was not well within the bound: {seen.Error}", seen);
        }

        if (seen.Value is ProbeValue probe)
        {
            int partition = Context.Partitions.Number(probe.Topic, probe.Partition);
            bool wasOk = probes.TryGetValue(partition, out Probe before) && before.IsOk;
            if (!wasOk)
            {
                probes[partition] = new Probe(seen.Type == EventType.Ok, seen.Time - Context.Faults.QuietSince, seen.Index, seen.Error);
            }
        }
    }

    public override void Finish()
    {
        long bound = CheckContext.Nanos(Context.Configuration.RecoveryBoundMillis);
        foreach ((int partition, Probe probe) in probes)
        {
            if (!probe.IsOk)
            {
                Report("L15", $"it still does not take and give messages, {probe.After / 1_000_000} ms after the last fault: {probe.Error}", [probe.Event], partition);
            }
            else if (probe.After > bound)
            {
                Report("L15", $"it took and gave messages again only {probe.After / 1_000_000} ms after the last fault", [probe.Event], partition);
            }
        }
    }

    private readonly record struct Probe(bool IsOk, long After, long Event, string? Error);
}
