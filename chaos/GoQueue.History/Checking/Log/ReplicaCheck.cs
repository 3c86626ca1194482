using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>
/// L14: below the lowest end of all of them, every replica of a partition holds the same records and, where files were read, the same batches. And a replica that is in sync
/// holds everything that is committed: neither what it serves nor its files end below what another serves.
/// </summary>
internal sealed class ReplicaCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<int, SortedDictionary<string, Replica>> partitions = [];
    private readonly Dictionary<int, (long LeaderEpoch, long PartitionEpoch, IReadOnlyList<string> InSync)> inSync = []; // newest of each partition
    private bool hasRecovered;

    public override void Observed(HistoryEvent seen)
    {
        switch (seen)
        {
            case { Type: EventType.Ok, Value: FinalReadValue read }:
                Read(seen, read);
                break;
            case { Type: EventType.Ok, Value: LeaderValue { InSync: { Count: > 0 } nodes } leader }:
                int partition = Context.Partitions.Number(leader.Topic, leader.Partition);
                if (!inSync.TryGetValue(partition, out var known) || (leader.LeaderEpoch, leader.PartitionEpoch ?? 0).CompareTo((known.LeaderEpoch, known.PartitionEpoch)) >= 0)
                {
                    inSync[partition] = (leader.LeaderEpoch, leader.PartitionEpoch ?? 0, nodes);
                }

                break;
            case { Value: PhaseValue { Phase: RunPhase.Recovered } }:
                hasRecovered = seen.Type == EventType.Ok;
                break;
            default:
                break;
        }
    }

    private void Read(HistoryEvent seen, FinalReadValue read)
    {
        int partition = Context.Partitions.Number(read.Topic, read.Partition);
        if (!partitions.TryGetValue(partition, out SortedDictionary<string, Replica>? replicas))
        {
            partitions.Add(partition, replicas = new(StringComparer.Ordinal));
        }

        string node = seen.Node ?? "";
        if (!replicas.TryGetValue(node, out Replica? replica))
        {
            replicas.Add(node, replica = new Replica { Start = read.Start });
        }

        replica.Event = seen.Index;
        replica.End = Math.Max(replica.End, read.End);
        replica.IsComplete |= read.IsLast;
        replica.HasBatches |= read.Batches is not null;
        foreach (HistoryRecord record in read.Records)
        {
            if (record.Offset is { } offset and >= 0)
            {
                replica.Records[offset] = Print(record);
            }
        }

        foreach (BatchDigest batch in read.Batches ?? [])
        {
            replica.BatchesEnd = Math.Max(replica.BatchesEnd, batch.Last + 1);
            replica.Batches[batch.Base] = ((ulong)batch.Crc << 20) | (ulong)(batch.Last - batch.Base + 1);
        }
    }

    public override void Finish()
    {
        foreach ((int partition, SortedDictionary<string, Replica> replicas) in partitions)
        {
            List<KeyValuePair<string, Replica>> whole = [.. replicas.Where(static replica => replica.Value.IsComplete)];
            for (int i = 1; i < whole.Count; i++)
            {
                Compare(partition, whole[0], whole[i]);
            }

            long committed = whole.Select(static replica => replica.Value.End).DefaultIfEmpty(0).Max();
            foreach ((string node, Replica replica) in whole.Where(replica => IsInSync(partition, replica.Key)))
            {
                CheckEnd(partition, node, replica, committed);
            }
        }
    }

    /// <summary>By the newest word of the cluster about the partition; without one, a cluster that said it is well again said so of all its replicas.</summary>
    private bool IsInSync(int partition, string node) => inSync.TryGetValue(partition, out var newest) ? newest.InSync.Contains(node) : hasRecovered;

    private void CheckEnd(int partition, string node, Replica replica, long committed)
    {
        if (replica.End < committed)
        {
            Report("L14", $"node {node} is in sync and serves up to {replica.End}, the committed end is {committed}", [replica.Event], partition, replica.End);
        }
        else if (replica.HasBatches && Math.Max(replica.BatchesEnd, replica.Start) < committed)
        {
            long end = Math.Max(replica.BatchesEnd, replica.Start);
            Report("L14", $"node {node} is in sync and its files end at {end}, the committed end is {committed}", [replica.Event], partition, end);
        }
    }

    private void Compare(int partition, KeyValuePair<string, Replica> one, KeyValuePair<string, Replica> other)
    {
        long start = Math.Max(one.Value.Start, other.Value.Start);
        long end = Math.Min(one.Value.End, other.Value.End);
        string? difference = Difference(one.Value.Records, other.Value.Records, start, end, out long at);
        if (difference is null && one.Value.HasBatches && other.Value.HasBatches)
        {
            difference = Difference(one.Value.Batches, other.Value.Batches, start, end, out at) is { } found ? $"batch: {found}" : null;
        }

        if (difference is not null)
        {
            Report("L14", $"nodes {one.Key} and {other.Key} differ at {at} ({difference})", [one.Value.Event, other.Value.Event], partition, at);
        }
    }

    private static string? Difference(OffsetMap<ulong> one, OffsetMap<ulong> other, long start, long end, out long at)
    {
        using IEnumerator<(long Offset, ulong Value)> first = one.Entries().Where(entry => entry.Offset >= start && entry.Offset < end).GetEnumerator();
        using IEnumerator<(long Offset, ulong Value)> second = other.Entries().Where(entry => entry.Offset >= start && entry.Offset < end).GetEnumerator();
        while (true)
        {
            bool hasFirst = first.MoveNext();
            bool hasSecond = second.MoveNext();
            if (!hasFirst && !hasSecond)
            {
                at = -1;
                return null;
            }

            if (!hasFirst || !hasSecond || first.Current.Offset != second.Current.Offset)
            {
                at = !hasFirst ? second.Current.Offset : !hasSecond ? first.Current.Offset : Math.Min(first.Current.Offset, second.Current.Offset);
                return "only one has it";
            }

            if (first.Current.Value != second.Current.Value)
            {
                at = first.Current.Offset;
                return "other content";
            }
        }
    }

    /// <summary>Not 0: 0 is nothing.</summary>
    private static ulong Print(HistoryRecord record)
    {
        ulong print = 14695981039346656037;
        Mix(ref print, (ulong)(record.Message?.Process + 1 ?? 0));
        Mix(ref print, (ulong)(record.Message?.Counter + 1 ?? 0));
        Mix(ref print, record.Digest ?? 0);
        foreach (char letter in record.Key ?? "")
        {
            Mix(ref print, letter);
        }

        foreach (char letter in record.Damage ?? "")
        {
            Mix(ref print, letter);
        }

        return print | 1;
    }

    private static void Mix(ref ulong print, ulong value)
    {
        print = (print ^ value) * 1099511628211;
        print ^= print >> 29;
    }

    private sealed class Replica
    {
        public long Start;
        public long End;
        public long Event;
        public bool IsComplete;
        public bool HasBatches;
        public long BatchesEnd;
        public readonly OffsetMap<ulong> Records = new();
        public readonly OffsetMap<ulong> Batches = new();
    }
}
