using GoQueue.Core;

namespace GoQueue.Partitions.Tests;

/// <summary>
/// The rules I1 to I3 said in the most direct way: a set of every written sequence number and a list of every batch. Small sequence spaces
/// only. It knows nothing of wrap arithmetic beyond counting one by one.
/// </summary>
internal sealed class NaiveProducers
{
    private readonly SortedDictionary<long, Known> producers = [];

    /// <summary>None = accept; DuplicateSequence with an offset = exact repeat; else the refusal.</summary>
    public (ErrorCode Code, long Offset) Decide(Batch batch)
    {
        if (!producers.TryGetValue(batch.Producer, out Known? known))
        {
            return (ErrorCode.None, -1);
        }

        if (batch.Epoch != known.Epoch)
        {
            return batch.Epoch < known.Epoch ? (ErrorCode.InvalidProducerEpoch, -1)
                : batch.Sequence == 0 ? (ErrorCode.None, -1)
                : (ErrorCode.OutOfOrderSequence, -1);
        }

        if (batch.Sequence == known.Next)
        {
            return (ErrorCode.None, -1);
        }

        Batch? repeat = known.Batches.TakeLast(5).LastOrDefault(b => b.Sequence == batch.Sequence && b.Count == batch.Count);
        if (repeat is not null)
        {
            return (ErrorCode.DuplicateSequence, repeat.Offset);
        }

        bool allWritten = Sequences(batch).All(known.Written.Contains);
        return (allWritten ? ErrorCode.DuplicateSequence : ErrorCode.OutOfOrderSequence, -1);
    }

    public void Apply(Batch batch, long at)
    {
        bool isNext = producers.TryGetValue(batch.Producer, out Known? known) && known.Epoch == batch.Epoch && known.Next == batch.Sequence;
        if (!isNext)
        {
            known = new Known { Epoch = batch.Epoch };
            producers[batch.Producer] = known;
        }

        known!.Batches.Add(batch);
        known.Written.UnionWith(Sequences(batch));
        known.Next = Sequences(batch).Last() == int.MaxValue ? 0 : Sequences(batch).Last() + 1;
        known.LastAppend = at;
    }

    public int Expire(long now, long idle)
    {
        long[] gone = [.. producers.Where(p => p.Value.LastAppend <= now - idle).Select(p => p.Key)];
        foreach (long id in gone)
        {
            producers.Remove(id);
        }

        return gone.Length;
    }

    private static IEnumerable<int> Sequences(Batch batch)
    {
        int sequence = batch.Sequence;
        for (int i = 0; i < batch.Count; i++)
        {
            yield return sequence;
            sequence = sequence == int.MaxValue ? 0 : sequence + 1;
        }
    }

    private sealed class Known
    {
        public short Epoch { get; init; }

        public int Next { get; set; }

        public long LastAppend { get; set; }

        public List<Batch> Batches { get; } = [];

        public HashSet<int> Written { get; } = [];
    }
}
