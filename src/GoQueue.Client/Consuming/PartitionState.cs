namespace GoQueue.Client.Consuming;

/// <summary>How far the user is in one partition. Written by one thread at a time, read by any.</summary>
internal sealed class PartitionState(int partition)
{
    private readonly Lock gate = new();
    private long position = -1;
    private EpochTrail trail = EpochTrail.Empty; // may reach beyond the position
    private long highWatermark = -1;
    private long logStart = -1;

    public int Partition => partition;

    /// <summary>The next offset to hand out; -1 when not known yet.</summary>
    public long Position
    {
        get
        {
            lock (gate)
            {
                return position;
            }
        }
    }

    /// <summary>The leaderships of what is before the position.</summary>
    public EpochTrail Trail
    {
        get
        {
            lock (gate)
            {
                return trail.Before(position);
            }
        }
    }

    /// <summary>Whether the user has seen anything, from which on a jump is never silent.</summary>
    public bool HasHandedOut { get; private set; }

    /// <summary>Where an enumeration that stops at the end stops; survives a seek.</summary>
    public long? End { get; private set; }

    public PartitionProgress Snapshot()
    {
        lock (gate)
        {
            return new PartitionProgress(partition, position, highWatermark, logStart, trail.Before(position).LastEpoch);
        }
    }

    public void Started(long at, long end, PartitionOffsets offsets)
    {
        lock (gate)
        {
            position = at;
            End ??= end;
            highWatermark = offsets.HighWatermark;
            logStart = offsets.LogStart;
        }
    }

    /// <param name="next">The new position.</param>
    /// <param name="read">The leaderships of what was read, at least up to there.</param>
    public void HandedOut(long next, EpochTrail read)
    {
        lock (gate)
        {
            position = next;
            trail = read;
            HasHandedOut = true;
        }
    }

    public void Jumped(long to, EpochTrail before)
    {
        lock (gate)
        {
            position = to;
            trail = before;
        }
    }

    /// <summary>The log became shorter than the end that was to be read to.</summary>
    public void EndsAt(long end)
    {
        lock (gate)
        {
            End = end;
        }
    }

    public void Saw(MessageBatch batch)
    {
        lock (gate)
        {
            highWatermark = batch.HighWatermark;
            logStart = batch.LogStartOffset >= 0 ? batch.LogStartOffset : logStart; // a new leader may not know it yet
        }
    }
}
