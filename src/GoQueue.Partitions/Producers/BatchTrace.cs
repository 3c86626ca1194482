using System.Runtime.CompilerServices;
using GoQueue.Core;

namespace GoQueue.Partitions.Producers;

/// <summary>What is remembered of one appended batch: enough to recognise an exact repeat and to answer it as the first time.</summary>
internal readonly record struct BatchTrace(int BaseSequence, int LastOffsetDelta, Offset BaseOffset, UnixMillis MaxTimestamp)
{
    /// <summary>One more than the sequence of the last record. A compacted batch keeps its delta, so it keeps this too, even when empty.</summary>
    public int NextSequence => SequenceNumbers.Add(BaseSequence, (long)LastOffsetDelta + 1);

    public Offset LastOffset => BaseOffset + LastOffsetDelta;
}

/// <summary>The last batches of one producer in place, so that remembering one more allocates nothing.</summary>
[InlineArray(ProducerEntry.RememberedBatches)]
internal struct BatchTraces
{
    private BatchTrace first;
}
