using GoQueue.Core.Records;

namespace GoQueue.Client;

/// <summary>
/// Told of every batch that is settled, delivered or failed, whichever way its messages were sent. Runs on the loop that sends: be quick, never
/// block, and copy what is needed later. Batches of one partition come in order on one thread at a time; batches of different partitions may come
/// at the same time when there is more than one connection. An exception is ignored.
/// </summary>
/// <param name="delivery">Valid during the call only.</param>
public delegate void DeliveryCallback(in BatchDelivery delivery);

/// <summary>What became of a batch. Its messages stand in the order in which they were accepted.</summary>
public readonly ref struct BatchDelivery
{
    /// <summary>Its topic.</summary>
    public string Topic { get; internal init; }

    /// <summary>Its partition.</summary>
    public int Partition { get; internal init; }

    /// <summary>Its lane.</summary>
    public PriorityLane Priority { get; internal init; }

    /// <summary>Number of messages.</summary>
    public int Count { get; internal init; }

    /// <summary>Bytes of the batch as sent; 0 when it failed before.</summary>
    public int Bytes { get; internal init; }

    /// <summary>Message <c>i</c> has the offset <c>BaseOffset + i</c>; -1 when not known, see <see cref="DeliveryReport.Offset"/>.</summary>
    public long BaseOffset { get; internal init; }

    /// <summary>Largest timestamp of the batch as stored.</summary>
    public DateTimeOffset Timestamp { get; internal init; }

    /// <summary>Replicas that hold it now; 0 when not known.</summary>
    public int Replicas { get; internal init; }

    /// <summary>Whether each of those has it on its device.</summary>
    public bool Flushed { get; internal init; }

    /// <summary>The tags given to <see cref="GoQueueProducer.TryEnqueue"/>, one per message; 0 for messages without.</summary>
    public ReadOnlySpan<long> Tags { get; internal init; }

    /// <summary>Why it failed; null when it was delivered.</summary>
    public GoQueueException? Error { get; internal init; }
}
