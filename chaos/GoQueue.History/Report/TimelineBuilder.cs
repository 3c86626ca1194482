using GoQueue.History.Events;

namespace GoQueue.History.Report;

/// <summary>
/// Folds the events of a history into a <see cref="Timeline"/>. Memory does not grow with the history: when there are too many bins, two become one.
/// </summary>
public sealed class TimelineBuilder
{
    /// <summary>Partitions that are shown by themselves: the first ones that are written to.</summary>
    public const int MaxPartitions = 12;

    private const int MaxBins = 3600;
    private const int AllPartitions = 0; // row 0 counts every write

    private readonly Dictionary<int, Open> open = []; // by process, which has one operation open
    private readonly SortedDictionary<(string Topic, int Partition), int> rows = new(Comparer<(string Topic, int Partition)>.Create(
        static (left, right) => string.CompareOrdinal(left.Topic, right.Topic) is var byTopic and not 0 ? byTopic : left.Partition.CompareTo(right.Partition)));
    private readonly LatencyBuckets all = new();
    private List<Bin> bins = [];
    private long width = 1_000_000_000;
    private long last;
    private long workFrom = -1;
    private long workUntil = -1;

    public void Add(HistoryEvent next)
    {
        last = Math.Max(last, next.Time);
        if (next.Value is PhaseValue phase)
        {
            workFrom = phase.Phase == RunPhase.Workload && workFrom < 0 ? next.Time : workFrom;
            workUntil = phase.Phase == RunPhase.FinalReads && workUntil < 0 ? next.Time : workUntil;
        }

        if (next.Operation.IsObservation())
        {
            return;
        }

        if (next.Type == EventType.Invoke)
        {
            open[next.Process] = new Open(next.Operation, next.Time, RowOf(next));
        }
        else if (open.Remove(next.Process, out Open asked) && asked.Operation == next.Operation)
        {
            End(asked, next);
        }
    }

    /// <summary>What there is so far; operations that are still open count as waited for.</summary>
    public Timeline Build()
    {
        foreach (Open asked in open.Values)
        {
            MarkWaiting(asked, last);
        }

        open.Clear();
        BinAt(last);
        int[] order = [.. rows.Values];
        return new Timeline
        {
            Width = TimeSpan.FromTicks(width / 100),
            Bins = [.. bins.Select(bin => bin.ToTimelineBin(order))],
            Partitions = [.. rows.Keys.Select(static key => $"{key.Topic}-{key.Partition}")],
            WorkFrom = TimeSpan.FromTicks(Math.Max(0, workFrom) / 100),
            WorkUntil = TimeSpan.FromTicks((workUntil < 0 ? last : workUntil) / 100),
            Writes = all.ToLatencies(),
        };
    }

    internal static bool IsWrite(Operation operation) => operation is Operation.Send or Operation.Transaction or Operation.Schedule;

    private static bool IsRead(Operation operation) => operation is Operation.Poll or Operation.EndOffset or Operation.Committed or Operation.Receive or Operation.Exists or Operation.ReadConfig;

    private void End(in Open asked, HistoryEvent outcome)
    {
        MarkWaiting(asked, outcome.Time);
        Bin bin = BinAt(outcome.Time);
        bool isOk = outcome.Type == EventType.Ok;
        bin.Failed += outcome.Type == EventType.Fail ? 1 : 0;
        bin.Unknown += outcome.Type == EventType.Info ? 1 : 0;
        bin.ReadsOk += isOk && IsRead(asked.Operation) ? 1 : 0;
        if (!IsWrite(asked.Operation))
        {
            return;
        }

        int row = asked.Row > AllPartitions ? asked.Row : RowOf(outcome);
        bin.Count(AllPartitions, isOk);
        if (row > AllPartitions)
        {
            bin.Count(row, isOk);
        }

        if (isOk)
        {
            double milliseconds = (outcome.Time - asked.Time) / 1e6;
            bin.WritesOk++;
            bin.Latencies.Add(milliseconds);
            all.Add(milliseconds);
        }
    }

    /// <summary>A write that is open for the whole of a bin, and is not the only thing to know about it, shows that the partition stood still.</summary>
    private void MarkWaiting(in Open asked, long until)
    {
        if (!IsWrite(asked.Operation))
        {
            return;
        }

        for (long at = ((asked.Time / width) + 1) * width; at + width <= until; at += width)
        {
            Bin bin = BinAt(at);
            bin.Waits(AllPartitions);
            bin.Waits(asked.Row);
        }
    }

    private int RowOf(HistoryEvent next)
    {
        if (next.Value is not SendValue { Partition: { } partition, Topic: { } topic })
        {
            return AllPartitions;
        }

        if (!rows.TryGetValue((topic, partition), out int row) && rows.Count < MaxPartitions)
        {
            row = rows.Count + 1;
            rows.Add((topic, partition), row);
        }

        return row;
    }

    private Bin BinAt(long time)
    {
        while (time / width >= MaxBins)
        {
            bins = [.. bins.Chunk(2).Select(static pair => pair.Length == 2 ? pair[0].With(pair[1]) : pair[0])];
            width *= 2;
        }

        while (bins.Count <= time / width)
        {
            bins.Add(new Bin());
        }

        return bins[(int)(time / width)];
    }

    private readonly record struct Open(Operation Operation, long Time, int Row);

    private sealed class Bin
    {
        private readonly int[] ok = new int[MaxPartitions + 1];
        private readonly int[] bad = new int[MaxPartitions + 1];
        private readonly bool[] waits = new bool[MaxPartitions + 1];

        public long WritesOk { get; set; }

        public long ReadsOk { get; set; }

        public long Failed { get; set; }

        public long Unknown { get; set; }

        public LatencyBuckets Latencies { get; } = new();

        public void Count(int row, bool isOk)
        {
            if (isOk)
            {
                ok[row]++;
            }
            else
            {
                bad[row]++;
            }
        }

        public void Waits(int row) => waits[row] = true;

        public Bin With(Bin later)
        {
            WritesOk += later.WritesOk;
            ReadsOk += later.ReadsOk;
            Failed += later.Failed;
            Unknown += later.Unknown;
            Latencies.Add(later.Latencies);
            for (int row = 0; row <= MaxPartitions; row++)
            {
                ok[row] += later.ok[row];
                bad[row] += later.bad[row];
                waits[row] |= later.waits[row];
            }

            return this;
        }

        public TimelineBin ToTimelineBin(int[] rows) => new()
        {
            WritesOk = WritesOk,
            ReadsOk = ReadsOk,
            Failed = Failed,
            Unknown = Unknown,
            Latency = Latencies.ToLatencies(),
            State = StateOf(AllPartitions),
            Partitions = [.. rows.Select(StateOf)],
        };

        private Availability StateOf(int row) =>
            ok[row] > 0 ? (bad[row] > 0 ? Availability.Partly : Availability.Up)
            : bad[row] > 0 || waits[row] ? Availability.Down
            : Availability.Idle;
    }
}
