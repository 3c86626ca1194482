using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>L14: below the lowest end of all of them, every replica of a partition holds the same records and, where files were read, the same batches.</summary>
internal sealed class ReplicaCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<int, SortedDictionary<string, Replica>> partitions = [];

    public override void Observed(HistoryEvent seen)
    {
        if (seen is not { Type: EventType.Ok, Value: FinalReadValue read })
        {
            return;
        }

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
        foreach (HistoryRecord record in read.Records)
        {
            if (record.Offset is { } offset and >= 0)
            {
                replica.Records[offset] = Print(record);
            }
        }

        foreach (BatchDigest batch in read.Batches ?? [])
        {
            replica.HasBatches = true;
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
        public readonly OffsetMap<ulong> Records = new();
        public readonly OffsetMap<ulong> Batches = new();
    }
}
