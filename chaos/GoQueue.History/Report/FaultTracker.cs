using GoQueue.History.Events;

namespace GoQueue.History.Report;

/// <summary>
/// Follows each fault from its begin until every partition is written again after its end: how long the longest stop of a partition was, and how long after the end the
/// last of them took a write.
/// </summary>
/// <remarks>A fault that overlaps another cannot tell its own effect from the other's; both show what the clients met.</remarks>
internal sealed class FaultTracker
{
    private readonly Dictionary<(string Topic, int Partition), long> lastOk = [];
    private readonly Dictionary<int, long> invoked = []; // by process
    private readonly List<Tracked> faults = [];
    private readonly List<Tracked> active = [];
    private long last;

    public void Add(HistoryEvent next)
    {
        last = next.Time;
        switch (next.Value)
        {
            case NemesisValue nemesis:
                Take(nemesis, next.Time);
                break;
            case PhaseValue { Phase: RunPhase.FinalReads }:
                active.Clear(); // the clients are gone
                break;
            case SendValue send when next.Type == EventType.Invoke:
                invoked[next.Process] = next.Time;
                break;
            case SendValue { Partition: { } partition } send when invoked.Remove(next.Process, out long asked) && next.Type == EventType.Ok:
                Written((send.Topic, partition), asked, next.Time);
                break;
            default:
                break;
        }
    }

    public IReadOnlyList<FaultReport> Build() => [.. faults.Select(fault => fault.ToReport())];

    private void Take(NemesisValue nemesis, long time)
    {
        if (nemesis.Edge == FaultEdge.Begin)
        {
            Tracked begun = new(nemesis, time, lastOk);
            faults.Add(begun);
            if (!nemesis.IsSkipped)
            {
                active.Add(begun);
            }

            return;
        }

        if (faults.Find(fault => fault.Begun.Number == nemesis.Number) is { } ended)
        {
            ended.EndedAt = time;
            ended.TookEffect &= nemesis.TookEffect;
        }
    }

    private void Written((string Topic, int Partition) partition, long asked, long time)
    {
        active.RemoveAll(fault => fault.Written(partition, asked, time));
        lastOk[partition] = time;
    }

    private sealed class Tracked(NemesisValue begun, long begunAt, Dictionary<(string Topic, int Partition), long> known)
    {
        private readonly Dictionary<(string Topic, int Partition), long> since = known.Keys.ToDictionary(static key => key, _ => begunAt);
        private readonly HashSet<(string Topic, int Partition)> awaited = [.. known.Keys];
        private long longest;
        private (string Topic, int Partition)? where;
        private long? writtenAgainAt;

        public NemesisValue Begun => begun;

        public bool TookEffect { get; set; } = begun.TookEffect;

        public long? EndedAt { get; set; }

        /// <summary>True when there is nothing more to learn.</summary>
        public bool Written((string Topic, int Partition) partition, long asked, long time)
        {
            if (since.TryGetValue(partition, out long from) && time - from > longest)
            {
                longest = time - from;
                where = partition;
            }

            since[partition] = time;
            if (EndedAt is not { } end || asked < end || !awaited.Remove(partition) || awaited.Count > 0)
            {
                return false;
            }

            writtenAgainAt = time;
            return true;
        }

        public FaultReport ToReport() => new()
        {
            Number = begun.Number,
            Fault = begun.Fault,
            Targets = begun.Targets,
            Begin = Span(begunAt),
            End = EndedAt is { } end ? Span(end) : null,
            TookEffect = TookEffect,
            IsSkipped = begun.IsSkipped,
            Proof = begun.Proof,
            LongestStop = where is null ? null : Span(longest),
            StoppedPartition = where is { } stopped ? $"{stopped.Topic}-{stopped.Partition}" : null,
            WrittenAgainAfter = writtenAgainAt is { } at && EndedAt is { } ended ? Span(at - ended) : null,
        };

        private static TimeSpan Span(long nanos) => TimeSpan.FromTicks(nanos / 100);
    }
}
