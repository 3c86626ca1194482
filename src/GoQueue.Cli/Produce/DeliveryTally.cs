using GoQueue.Client;
using GoQueue.Core;

namespace GoQueue.Cli.Produce;

/// <summary>Counts what became of the messages. Fed from the client's receive loops, read by the command.</summary>
internal sealed class DeliveryTally
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<int, PartitionTally> partitions = [];
    private readonly SortedDictionary<ErrorCode, long> errors = [];
    private long acknowledged;
    private long failed;

    /// <summary>Messages the broker answered for as asked (with acks none: that were handed over).</summary>
    public long Acknowledged => Interlocked.Read(ref acknowledged);

    public long Failed => Interlocked.Read(ref failed);

    /// <summary>The first failure; it explains the rest best.</summary>
    public GoQueueException? FirstError { get; private set; }

    public IReadOnlyList<(ErrorCode Code, long Count)> Errors
    {
        get
        {
            lock (gate)
            {
                return [.. errors.Select(pair => (pair.Key, pair.Value))];
            }
        }
    }

    /// <summary>Per partition: how many were acknowledged, and the lowest and highest offset among them (-1: unknown).</summary>
    public IReadOnlyList<(int Partition, long Count, long First, long Last)> Partitions
    {
        get
        {
            lock (gate)
            {
                return [.. partitions.Select(pair => (pair.Key, pair.Value.Count, pair.Value.First, pair.Value.Last))];
            }
        }
    }

    /// <summary>The delivery callback of the producer.</summary>
    public void OnDelivery(in BatchDelivery delivery)
    {
        lock (gate)
        {
            if (delivery.Error is { } error)
            {
                Interlocked.Add(ref failed, delivery.Count);
                errors[error.Code] = errors.GetValueOrDefault(error.Code) + delivery.Count;
                FirstError ??= error;
                return;
            }

            PartitionTally old = partitions.GetValueOrDefault(delivery.Partition, new PartitionTally(0, -1, -1));
            long last = delivery.BaseOffset < 0 ? -1 : delivery.BaseOffset + delivery.Count - 1;
            long first = delivery.BaseOffset < 0 || (old.First >= 0 && old.First < delivery.BaseOffset) ? old.First : delivery.BaseOffset;
            partitions[delivery.Partition] = new PartitionTally(old.Count + delivery.Count, first, Math.Max(old.Last, last));
            Interlocked.Add(ref acknowledged, delivery.Count);
        }
    }

    private readonly record struct PartitionTally(long Count, long First, long Last);
}
