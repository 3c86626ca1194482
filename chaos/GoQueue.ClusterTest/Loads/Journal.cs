using System.Diagnostics;

namespace GoQueue.ClusterTest.Loads;

/// <summary>What a sender knows of a message.</summary>
internal enum Outcome : byte
{
    /// <summary>Sent, and not answered yet.</summary>
    Pending,

    /// <summary>Promised.</summary>
    Acknowledged,

    /// <summary>Given up. It may be stored, once, or not at all.</summary>
    Unknown,
}

/// <summary>One message as it was sent and answered.</summary>
/// <param name="Offset">-1 when the answer did not say.</param>
/// <param name="SettledAt">Ticks of <see cref="Stopwatch"/>.</param>
internal readonly record struct Entry(int Partition, Outcome Outcome, long Offset, long SettledAt);

/// <summary>Everything that was sent and what was answered, by producer and sequence. Safe from any thread.</summary>
internal sealed class Journal(int producers)
{
    private const int MaxExamples = 10;

    private readonly Lock gate = new();
    private readonly List<Entry>[] entries = [.. Enumerable.Range(0, producers).Select(_ => new List<Entry>())];
    private readonly SortedDictionary<string, int> failures = new(StringComparer.Ordinal);
    private readonly List<string> failureExamples = [];
    private readonly List<string> weakAcks = [];
    private long acknowledged;
    private int weakCount;

    public int Producers => entries.Length;

    public long Acknowledged => Interlocked.Read(ref acknowledged);

    public long Sent
    {
        get
        {
            lock (gate)
            {
                return entries.Sum(list => (long)list.Count);
            }
        }
    }

    /// <summary>Operations that failed, by code.</summary>
    public IReadOnlyDictionary<string, int> Failures
    {
        get
        {
            lock (gate)
            {
                return new SortedDictionary<string, int>(failures, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>The first few failures in words.</summary>
    public IReadOnlyList<string> FailureExamples
    {
        get
        {
            lock (gate)
            {
                return [.. failureExamples];
            }
        }
    }

    /// <summary>Answers that promised less than asked for: too few replicas, or not flushed.</summary>
    public IReadOnlyList<string> WeakAcks
    {
        get
        {
            lock (gate)
            {
                return weakCount > weakAcks.Count ? [.. weakAcks, $"... {weakCount} of this kind"] : [.. weakAcks];
            }
        }
    }

    /// <summary>The partition of the producer's next message: each in turn.</summary>
    public int NextPartition(int producer, int partitions)
    {
        lock (gate)
        {
            return entries[producer].Count % partitions;
        }
    }

    /// <summary>Notes a message before it is sent; answers its sequence.</summary>
    public int Begin(int producer, int partition)
    {
        lock (gate)
        {
            entries[producer].Add(new Entry(partition, Outcome.Pending, -1, 0));
            return entries[producer].Count - 1;
        }
    }

    public void Acknowledge(int producer, int sequence, int partition, long offset, int replicas, bool flushed, int wantedReplicas)
    {
        long now = Stopwatch.GetTimestamp();
        lock (gate)
        {
            Entry entry = entries[producer][sequence];
            if (entry.Partition != partition || entry.Outcome != Outcome.Pending)
            {
                Weak($"message {producer}.{sequence} for partition {entry.Partition} ({entry.Outcome}) was acknowledged in partition {partition}");
            }

            if (replicas < wantedReplicas || !flushed)
            {
                Weak($"message {producer}.{sequence} was acknowledged with {replicas} replicas{(flushed ? "" : ", not flushed")}; {wantedReplicas} flushed ones were asked for");
            }

            entries[producer][sequence] = new Entry(partition, Outcome.Acknowledged, offset, now);
        }

        Interlocked.Increment(ref acknowledged);
    }

    public void GiveUp(int producer, int sequence, string code, string detail)
    {
        long now = Stopwatch.GetTimestamp();
        lock (gate)
        {
            Entry entry = entries[producer][sequence];
            entries[producer][sequence] = entry with { Outcome = Outcome.Unknown, SettledAt = now };
            failures[code] = failures.GetValueOrDefault(code) + 1;
            if (failureExamples.Count < MaxExamples)
            {
                failureExamples.Add($"message {producer}.{sequence} for partition {entry.Partition}: {detail}");
            }
        }
    }

    /// <summary>A copy of what is known of one producer's messages, by sequence.</summary>
    public Entry[] Of(int producer)
    {
        lock (gate)
        {
            return [.. entries[producer]];
        }
    }

    /// <summary>The longest time in [from, to] in which a partition acknowledged nothing, over all partitions. Stamps of <see cref="Stopwatch"/>.</summary>
    public Stall LongestStall(long from, long to)
    {
        Stall longest = new(-1, TimeSpan.Zero);
        IEnumerable<IGrouping<int, Entry>> byPartition = Enumerable.Range(0, Producers).SelectMany(Of).GroupBy(entry => entry.Partition);
        foreach (IGrouping<int, Entry> partition in byPartition)
        {
            long before = from;
            IEnumerable<long> acks = partition.Where(entry => entry.Outcome == Outcome.Acknowledged && entry.SettledAt >= from && entry.SettledAt <= to)
                .Select(entry => entry.SettledAt).Order().Append(to);
            foreach (long at in acks)
            {
                TimeSpan gap = Stopwatch.GetElapsedTime(before, at);
                longest = gap > longest.Length ? new Stall(partition.Key, gap) : longest;
                before = at;
            }
        }

        return longest;
    }

    private void Weak(string text)
    {
        weakCount++;
        if (weakAcks.Count < MaxExamples)
        {
            weakAcks.Add(text);
        }
    }
}

/// <summary>A time in which a partition acknowledged nothing.</summary>
internal readonly record struct Stall(int Partition, TimeSpan Length)
{
    public override string ToString() => $"{Length.TotalMilliseconds:N0} ms";
}
