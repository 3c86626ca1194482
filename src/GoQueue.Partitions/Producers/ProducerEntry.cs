using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Partitions.Producers;

/// <summary>
/// State of one producer in one partition (semantics I1): epoch, the last five batches, and how many sequence numbers before the next
/// expected one are known to be in the log without a hole. Exists only once a batch was applied, so there is always a newest one.
/// </summary>
/// <remarks>
/// The unbroken length is what tells an old repeat from a batch that never arrived: after the state of a producer expired, any sequence
/// starts a new run (I3); a lower number that turns up later may be an earlier batch in flight that was overtaken, and to call it a
/// duplicate would lose it silently.
/// </remarks>
internal struct ProducerEntry
{
    /// <summary>As many batches as a producer may have in flight (I4).</summary>
    public const int RememberedBatches = 5;

    private BatchTraces batches;
    private int newest;

    public ProducerId Id { get; private init; }

    public short Epoch { get; private init; }

    /// <summary>Batches remembered, 1 to <see cref="RememberedBatches"/>.</summary>
    public int BatchCount { get; private set; }

    /// <summary>Sequence numbers without a hole up to the newest; stops counting at <see cref="SequenceNumbers.HalfSpace"/>.</summary>
    public int UnbrokenLength { get; private set; }

    /// <summary>When the last batch was appended; only expiry looks at it.</summary>
    public UnixMillis LastAppend { get; set; }

    public readonly int NextSequence => batches[newest].NextSequence;

    /// <summary>A producer whose first known batch is this one.</summary>
    public static ProducerEntry StartingWith(ProducerId id, short epoch, in BatchTrace batch, UnixMillis appendTime)
    {
        ProducerEntry entry = new() { Id = id, Epoch = epoch, newest = RememberedBatches - 1 };
        entry.Remember(batch, appendTime);
        return entry;
    }

    /// <summary>An entry from a snapshot, whose reader has checked the values.</summary>
    public static ProducerEntry Restore(ProducerId id, short epoch, UnixMillis lastAppend, int unbrokenLength, ReadOnlySpan<BatchTrace> oldestFirst)
    {
        ProducerEntry entry = StartingWith(id, epoch, oldestFirst[0], lastAppend);
        foreach (BatchTrace batch in oldestFirst[1..])
        {
            entry.Remember(batch, lastAppend);
        }

        entry.UnbrokenLength = unbrokenLength;
        return entry;
    }

    public static BatchTrace TraceOf(in RecordBatchHeader batch) =>
        new(batch.BaseSequence, batch.LastOffsetDelta, batch.BaseOffset, batch.MaxTimestamp);

    /// <summary>Number <paramref name="age"/> back from the newest, which is 0.</summary>
    public readonly BatchTrace Batch(int age) => batches[(newest + RememberedBatches - age) % RememberedBatches];

    public void Remember(in BatchTrace batch, UnixMillis appendTime)
    {
        newest = (newest + 1) % RememberedBatches;
        batches[newest] = batch;
        BatchCount = Math.Min(BatchCount + 1, RememberedBatches);
        UnbrokenLength = (int)Math.Min((long)UnbrokenLength + batch.LastOffsetDelta + 1, SequenceNumbers.HalfSpace);
        LastAppend = appendTime;
    }

    /// <summary>The next batch of this epoch, or the first of a newer one (I1, I3).</summary>
    public readonly bool IsInSequence(short epoch, int baseSequence) =>
        epoch == Epoch ? baseSequence == NextSequence : epoch > Epoch && baseSequence == 0;

    /// <summary>Judges a batch of this producer; the fields were checked to be non-negative.</summary>
    public readonly ProducerDecision Decide(short epoch, int baseSequence, int lastOffsetDelta)
    {
        if (IsInSequence(epoch, baseSequence))
        {
            return ProducerDecision.Accept();
        }

        if (epoch < Epoch)
        {
            return ProducerDecision.Refuse(ErrorCode.InvalidProducerEpoch, $"producer {Id} is at epoch {Epoch}, the batch carries {epoch}");
        }

        if (epoch > Epoch)
        {
            return ProducerDecision.Refuse(ErrorCode.OutOfOrderSequence, $"epoch {epoch} of producer {Id} is new and must start at sequence 0, the batch starts at {baseSequence}");
        }

        for (int age = 0; age < BatchCount; age++)
        {
            BatchTrace known = Batch(age);
            if (known.BaseSequence == baseSequence && known.LastOffsetDelta == lastOffsetDelta)
            {
                return ProducerDecision.Duplicate(known.BaseOffset, known.LastOffset, known.MaxTimestamp);
            }
        }

        int behind = SequenceNumbers.Distance(baseSequence, NextSequence);
        return behind <= UnbrokenLength && behind > lastOffsetDelta
            ? ProducerDecision.Refuse(ErrorCode.DuplicateSequence, $"sequences {baseSequence} to {SequenceNumbers.Add(baseSequence, lastOffsetDelta)} of producer {Id} were written before; only the last {RememberedBatches} batches are remembered")
            : ProducerDecision.Refuse(ErrorCode.OutOfOrderSequence, $"producer {Id} epoch {Epoch}: expected sequence {NextSequence}, the batch starts at {baseSequence}");
    }
}
