using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.PlantedFaults;

/// <summary>
/// The fault of one broker process: when it shows, and what it remembers to lie consistently. One source for all ways to that broker. Safe from many threads; with one
/// thread and the same random numbers it does the same again.
/// </summary>
public sealed class FaultSource
{
    /// <summary>One chance in so many that it shows, of the occasions where it can. Often enough for every run, seldom enough for the rest of the run to go on.</summary>
    private const int OneIn = 8;

    /// <summary>Records of a partition that <see cref="PlantedFault.ForgetOldRecords"/> leaves.</summary>
    private const int Remembered = 100;

    private readonly Lock guard = new();
    private readonly Random random;
    private readonly Dictionary<TopicPartition, Offset> starts = [];
    private readonly Dictionary<TopicPartition, Offset> ends = [];
    private readonly Dictionary<(TopicPartition, ProducerId), Offset> acknowledged = [];

    /// <param name="random">Owned by this source from now on.</param>
    /// <exception cref="InvariantViolationException">A fault is to be planted in a process that is no test.</exception>
    public FaultSource(PlantedFault fault, Random random)
    {
        DeliberateBugSwitch.CheckMayPlant(fault == PlantedFault.None);
        Fault = fault;
        this.random = random;
    }

    public PlantedFault Fault { get; }

    /// <summary>Puts the fault before the partitions of a broker.</summary>
    public IPartitionRequests Around(IPartitionRequests partitions) => Fault == PlantedFault.None ? partitions : new FaultyPartitions(partitions, this);

    /// <summary>Whether it shows now, where it can.</summary>
    internal bool Shows()
    {
        lock (guard)
        {
            return random.Next(OneIn) == 0;
        }
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    internal int Below(int bound)
    {
        lock (guard)
        {
            return random.Next(bound);
        }
    }

    /// <summary>Where the partition seems to begin when so much of it is committed; never goes back.</summary>
    internal Offset StartFor(TopicPartition partition, Offset end)
    {
        lock (guard)
        {
            Offset before = starts.GetValueOrDefault(partition);
            return starts[partition] = Offset.Max(before, new Offset(Math.Max(0, end.Value - Remembered)));
        }
    }

    /// <summary>The end that was told last when the truth is to be told no more; else the truth, which is then remembered.</summary>
    internal Offset EndInstead(TopicPartition partition, Offset end)
    {
        lock (guard)
        {
            if (ends.TryGetValue(partition, out Offset before) && random.Next(OneIn) != 0)
            {
                return before;
            }

            ends[partition] = end;
            return end;
        }
    }

    /// <summary>Where the batch before of this producer was acknowledged; null before the second one. Remembers the new one.</summary>
    internal Offset? AcknowledgedBefore(TopicPartition partition, ProducerId producer, Offset now)
    {
        lock (guard)
        {
            bool isKnown = acknowledged.TryGetValue((partition, producer), out Offset before);
            acknowledged[(partition, producer)] = isKnown ? Offset.Max(before, now) : now;
            return isKnown && before < now ? before : null;
        }
    }
}
