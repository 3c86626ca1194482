using System.Runtime.CompilerServices;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Simulation.Invariants;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// All that anybody outside has learnt about one partition: which value stands at which offset. Every acknowledgement and every read is held against
/// it at once, and the whole of it against the logs at the end. Ids of the anomalies are those of reliability.md 3.1.
/// </summary>
internal sealed class PartitionHistory(TopicPartition partition, bool isCompacted, Func<Offset> committedEnd, CommittedBatches committed)
{
    private const long Unknown = -1;
    private const long NoRecord = -2;

    private readonly List<long> valueAt = [];
    private long checkedEnd;
    private readonly Dictionary<long, long> offsetOf = [];
    private readonly HashSet<long> failed = [];
    private readonly HashSet<long> mayRepeat = [];
    private readonly Dictionary<int, long> lastAcknowledged = [];
    private readonly Dictionary<long, long> claimed = [];

    public TopicPartition Partition { get; } = partition;

    /// <summary>Values that later ones of the same key replaced may be missing.</summary>
    public bool IsCompacted { get; } = isCompacted;

    /// <summary>What breaks a promise ends the run at once; else it is only written down.</summary>
    public required bool IsJudging { get; init; }

    /// <summary>Messages acknowledged to their producers.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Messages seen by readers, repeats counted.</summary>
    public long Read { get; private set; }

    /// <summary>Everything below was acknowledged or read: it must be there for ever.</summary>
    public long KnownEnd => valueAt.Count;

    /// <summary>Highest offset that was acknowledged, and one more: no leader may report an end below it to a call made later (L11).</summary>
    public long AcknowledgedEnd { get; private set; }

    /// <summary>The value was refused and can never appear (L6).</summary>
    public void Failed(long firstValue, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Unless(!offsetOf.ContainsKey(firstValue + i), "L6", $"{Name(firstValue + i)} was refused, but stands at {At(firstValue + i)} of {Partition}");
            failed.Add(firstValue + i);
        }
    }

    /// <summary>Sent without a producer identity more than once: repeats are allowed.</summary>
    public void MayRepeat(long firstValue, int count)
    {
        for (int i = 0; i < count; i++)
        {
            mayRepeat.Add(firstValue + i);
        }
    }

    public void Acknowledge(long firstValue, int count, Offset baseOffset)
    {
        Unless(baseOffset.Value >= 0, "L4", $"{Name(firstValue)} was acknowledged at {baseOffset} of {Partition}");
        CheckCommitted(baseOffset.Value + count, "acknowledged");
        for (int i = 0; i < count; i++)
        {
            Observe(baseOffset.Value + i, firstValue + i, "acknowledged");
        }

        Acknowledged += count;
        AcknowledgedEnd = Math.Max(AcknowledgedEnd, baseOffset.Value + count);
        int client = MessageValue.ClientOf(firstValue);
        if (lastAcknowledged.TryGetValue(client, out long before))
        {
            Unless(baseOffset.Value > before, "L10", $"{Name(firstValue)} was acknowledged at {baseOffset} of {Partition}, behind an earlier one at {before}");
        }

        lastAcknowledged[client] = baseOffset.Value + count - 1;
    }

    /// <summary>Acknowledged by the leader alone: it may be lost, but if it is ever seen, it is there.</summary>
    public void Claim(long firstValue, int count, Offset baseOffset)
    {
        Unless(baseOffset.Value >= 0, "L4", $"{Name(firstValue)} was acknowledged at {baseOffset} of {Partition}");
        for (int i = 0; i < count; i++)
        {
            if (offsetOf.TryGetValue(firstValue + i, out long seen))
            {
                CheckClaim(firstValue + i, seen, baseOffset.Value + i);
            }
            else
            {
                claimed[firstValue + i] = baseOffset.Value + i;
            }
        }
    }

    /// <summary>Takes in batches that a reader got from <paramref name="from"/> on. Returns the offset behind them.</summary>
    /// <param name="isNextPoll">The reader goes on where its last poll ended (L9); else within one poll or after a seek (L8).</param>
    public Offset Reads(Offset from, IReadOnlyList<BufferSlice> slices, string reader, bool isNextPoll = false)
    {
        string rule = isNextPoll ? "L9" : "L8";
        foreach (BufferSlice slice in slices)
        {
            RecordBatchSequence batches = new(slice.Span);
            while (batches.MoveNext())
            {
                if (IsJudging)
                {
                    committed.Check(batches.Current, "L3", reader);
                }

                from = ReadsBatch(from, batches.Current, reader, rule);
                rule = "L8";
            }

            Unless(batches.Rest.IsEmpty, "L7", $"{reader} got {batches.Rest.Length} bytes of {Partition} that are no batch");
        }

        CheckCommitted(from.Value, reader);
        return from;
    }

    /// <summary>Holds one batch against what is known. Returns the offset behind it.</summary>
    private Offset ReadsBatch(Offset from, ReadOnlySpan<byte> batch, string reader, string rule)
    {
        RecordBatchHeader header = new(batch);
        Unless(header.NextOffset > from, rule, $"{reader} asked {Partition} for {from} and got a batch of {header.BaseOffset} to {header.LastOffset}");
        Unless(header.BaseOffset <= from || IsCompacted, rule, $"{reader} asked {Partition} for {from} and the next batch begins at {header.BaseOffset}");
        if (header.IsControl)
        {
            for (long at = Math.Max(header.BaseOffset.Value, from.Value); at < header.NextOffset.Value; at++)
            {
                Observe(at, NoRecord, reader);
            }

            return header.NextOffset;
        }

        using RecordBatchReader records = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
        Unless(error is null, "L7", $"{reader} got a batch at {header.BaseOffset} of {Partition} that cannot be read: {error}");
        foreach (Record record in records)
        {
            if (record.Offset >= from)
            {
                long value = MessageValue.Read(record);
                Unless(value >= 0, "L7", $"{reader} read a message at {record.Offset} of {Partition} that nobody sent");
                Observe(record.Offset.Value, value, reader);
                Read++;
            }
        }

        return header.NextOffset;
    }

    /// <summary>After the final read up to <paramref name="end"/>: everything that was ever known is below it, and every offset was seen.</summary>
    public void CheckComplete(long start, long end)
    {
        Unless(end >= KnownEnd, "L1", $"{Partition} ends at {end}, but offsets up to {KnownEnd - 1} were acknowledged or read ({At(end)})");
        for (long at = start; at < KnownEnd && !IsCompacted; at++)
        {
            Unless(valueAt[(int)at] != Unknown, "L1", $"offset {at} of {Partition} was not seen in the final read");
        }
    }

    /// <summary>R1: what a reader is shown or a producer is promised was committed by some leader before.</summary>
    private void CheckCommitted(long end, string how)
    {
        if (end > checkedEnd)
        {
            checkedEnd = committedEnd().Value;
            Unless(end <= checkedEnd, "R1", $"{how}: {Partition} up to {end}, and no leader ever counted more than {checkedEnd} as committed");
        }
    }

    private void Observe(long offset, long value, string how)
    {
        while (valueAt.Count <= offset)
        {
            valueAt.Add(Unknown);
        }

        long before = valueAt[(int)offset];
        if (before == value)
        {
            return;
        }

        Unless(before == Unknown, "L3", $"{how}: offset {offset} of {Partition} holds {Name(value)}, but it held {Name(before)}");
        Unless(!failed.Contains(value), "L6", $"{how}: {Name(value)} at {offset} of {Partition} was refused to its producer");
        if (value >= 0 && !offsetOf.TryAdd(value, offset))
        {
            Unless(mayRepeat.Contains(value), "L5", $"{how}: {Name(value)} stands at {offset} and at {offsetOf[value]} of {Partition}");
        }
        else if (claimed.Remove(value, out long claim))
        {
            CheckClaim(value, offset, claim);
        }

        valueAt[(int)offset] = value;
    }

    private void CheckClaim(long value, long seen, long claim) => Unless(
        seen == claim || mayRepeat.Contains(value), "L4", $"{Name(value)} stands at {seen} of {Partition}, and its leader acknowledged it at {claim}");

    private void Unless(bool holds, string rule, [InterpolatedStringHandlerArgument(nameof(holds))] ref FailureText detail)
    {
        if (IsJudging)
        {
            SimulationFailure.Unless(holds, rule, ref detail);
        }
    }

    private string At(long valueOrOffset) => offsetOf.TryGetValue(valueOrOffset, out long offset) ? offset.ToString()
        : valueOrOffset >= 0 && valueOrOffset < valueAt.Count ? Name(valueAt[(int)valueOrOffset]) : "?";

    private static string Name(long value) => value switch
    {
        Unknown => "nothing",
        NoRecord => "a state record",
        _ => $"message {MessageValue.CounterOf(value)} of client {MessageValue.ClientOf(value)}",
    };
}
