namespace GoQueue.Client.Producing;

/// <summary>Counted once per batch, read at leisure.</summary>
internal sealed class ProducerCounters
{
    private long delivered;
    private long failed;
    private long batches;
    private long bytesSent;
    private long resends;
    private int heldBuffers;

    /// <summary>Built batches not given back; 0 when nothing leaks.</summary>
    public int HeldBuffers => Volatile.Read(ref heldBuffers);

    public void BufferTaken() => Interlocked.Increment(ref heldBuffers);

    public void BufferGivenBack() => Interlocked.Decrement(ref heldBuffers);

    public void Sent(int bytes, bool isResend)
    {
        Interlocked.Add(ref bytesSent, bytes);
        if (isResend)
        {
            Interlocked.Increment(ref resends);
        }
    }

    public void Settled(int messages, bool isDelivered)
    {
        Interlocked.Increment(ref batches);
        Interlocked.Add(ref isDelivered ? ref delivered : ref failed, messages);
    }

    public ProducerStatistics Snapshot(long bufferedBytes, int waitingSends) => new(
        Volatile.Read(ref delivered),
        Volatile.Read(ref failed),
        Volatile.Read(ref batches),
        Volatile.Read(ref bytesSent),
        Volatile.Read(ref resends),
        bufferedBytes,
        waitingSends);
}
