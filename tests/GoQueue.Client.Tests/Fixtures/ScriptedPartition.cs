using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Partitions;
using GoQueue.Partitions.Producers;
using Record = GoQueue.Core.Records.Record;

namespace GoQueue.Client.Tests.Fixtures;

/// <summary>A partition in memory: real batches, judged by the real fold of idempotent producers.</summary>
internal sealed class ScriptedPartition
{
    private readonly Lock gate = new();
    private readonly List<byte[]> batches = [];
    private PartitionState state = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Offset start = Offset.Zero;
    private Offset end = Offset.Zero;

    public Offset Start
    {
        get
        {
            lock (gate)
            {
                return start;
            }
        }
    }

    public Offset End
    {
        get
        {
            lock (gate)
            {
                return end;
            }
        }
    }

    /// <summary>Validates, deduplicates and stores, as a broker does.</summary>
    public (Error Error, long BaseOffset) Append(byte[] batch, int maxBatchBytes)
    {
        if (RecordBatchValidator.Validate(batch, maxBatchBytes) is { } bad)
        {
            return (bad, -1);
        }

        lock (gate)
        {
            ProducerDecision decision = state.Decide(new RecordBatchHeader(batch));
            if (decision.IsRefusal)
            {
                return (decision.Error, -1);
            }

            if (decision.IsDuplicate)
            {
                return (default, decision.BaseOffset.Value);
            }

            RecordBatchHeader.Stamp(batch, end, new LeaderEpoch(1));
            RecordBatchHeader stamped = new(batch);
            state.Apply(stamped, new UnixMillis(0));
            batches.Add(batch);
            long baseOffset = end.Value;
            end = stamped.NextOffset;
            Announce();
            return (default, baseOffset);
        }
    }

    /// <summary>Stores a batch of the broker's own: control batches, gaps left by compaction.</summary>
    public void AppendRaw(byte[] batch)
    {
        lock (gate)
        {
            RecordBatchHeader.Stamp(batch, end, new LeaderEpoch(1));
            batches.Add(batch);
            end = new RecordBatchHeader(batch).NextOffset;
            Announce();
        }
    }

    /// <summary>Loses everything, what producers it knew included, and starts again at an offset.</summary>
    public void Lose(long startAt = 0)
    {
        lock (gate)
        {
            state = new PartitionState();
            batches.Clear();
            start = end = new Offset(startAt);
        }
    }

    /// <summary>Loses the newest batches, as after an election that was not clean; producers' sequences go back with them.</summary>
    public void LoseNewest(int count)
    {
        lock (gate)
        {
            batches.RemoveRange(batches.Count - count, count);
            state = new PartitionState();
            end = start;
            foreach (byte[] batch in batches)
            {
                RecordBatchHeader header = new(batch);
                state.Apply(header, new UnixMillis(0));
                end = header.NextOffset;
            }
        }
    }

    /// <summary>How often messages were taken back; a subscription that was open before has to validate anew.</summary>
    public int Losses { get; private set; }

    /// <summary>A replica that lacks the newest batches leads from now on and has stored others: one step, as readers see it.</summary>
    public void LoseUncleanly(int newest, params (int Epoch, byte[] Batch)[] instead)
    {
        lock (gate)
        {
            batches.RemoveRange(batches.Count - newest, newest);
            end = batches.Count == 0 ? start : new RecordBatchHeader(batches[^1]).NextOffset;
            foreach ((int epoch, byte[] batch) in instead)
            {
                RecordBatchHeader.Stamp(batch, end, new LeaderEpoch(epoch));
                batches.Add(batch);
                end = new RecordBatchHeader(batch).NextOffset;
            }

            Losses++;
            Announce();
        }
    }

    /// <summary>E3: the largest epoch not above that one, and its end; -1 and the end when there is none.</summary>
    public (int Epoch, long End) EndOf(int epoch)
    {
        lock (gate)
        {
            int found = -1;
            long ends = start.Value;
            foreach (byte[] batch in batches)
            {
                RecordBatchHeader header = new(batch);
                if (header.LeaderEpoch.Value <= epoch)
                {
                    (found, ends) = (header.LeaderEpoch.Value, header.NextOffset.Value);
                }
            }

            return (found, ends);
        }
    }

    public void DeleteBefore(long offset)
    {
        lock (gate)
        {
            start = new Offset(offset);
            batches.RemoveAll(batch => new RecordBatchHeader(batch).NextOffset <= start);
        }
    }

    /// <summary>Whole batches from the one that holds the offset on, up to a size, one at least.</summary>
    public (byte[] Bytes, long Next, Task Changed) Read(long from, int maxBytes)
    {
        lock (gate)
        {
            using MemoryStream bytes = new();
            long next = from;
            foreach (byte[] batch in batches.Where(batch => new RecordBatchHeader(batch).NextOffset.Value > from))
            {
                if (bytes.Length > 0 && bytes.Length + batch.Length > maxBytes)
                {
                    break;
                }

                bytes.Write(batch);
                next = new RecordBatchHeader(batch).NextOffset.Value;
            }

            return (bytes.ToArray(), next, changed.Task);
        }
    }

    public long? OffsetForTime(long millis)
    {
        lock (gate)
        {
            foreach (byte[] batch in batches)
            {
                using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out _);
                foreach (Record record in reader)
                {
                    if (record.Timestamp.Value >= millis)
                    {
                        return record.Offset.Value;
                    }
                }
            }

            return null;
        }
    }

    public int BatchCount
    {
        get
        {
            lock (gate)
            {
                return batches.Count;
            }
        }
    }

    /// <summary>Headers of what is stored: records, lane and bytes of every batch.</summary>
    public List<(int Records, PriorityLane Lane, int Bytes, short Epoch, CompressionCodec Codec)> Headers()
    {
        lock (gate)
        {
            return [.. batches.Select(batch =>
            {
                RecordBatchHeader header = new(batch);
                return (header.RecordCount, header.Lane, batch.Length, header.ProducerEpoch, header.Compression);
            })];
        }
    }

    /// <summary>Values of all data records, as texts, in offset order.</summary>
    public List<string> Values()
    {
        lock (gate)
        {
            List<string> values = [];
            foreach (byte[] batch in batches.Where(batch => !new RecordBatchHeader(batch).IsControl))
            {
                using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
                Assert.Null(error);
                foreach (Record record in reader)
                {
                    values.Add(System.Text.Encoding.UTF8.GetString(record.Value));
                }
            }

            return values;
        }
    }

    private void Announce()
    {
        TaskCompletionSource before = changed;
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.SetResult();
    }
}
