namespace GoQueue.Client.Producing;

/// <summary>Bytes that accepted messages may take at once. Any thread.</summary>
internal sealed class MemoryBudget(long limit)
{
    private long used;

    public long Limit => limit;

    public long Used => Volatile.Read(ref used);

    /// <summary>
    /// Whether enough is free to let those go who wait: an eighth. Waking them for every batch that is settled would cost a change of threads per
    /// batch, and they would be back at once.
    /// </summary>
    public bool HasRoomAgain => Used <= limit - (limit / 8);

    public bool TryReserve(long bytes)
    {
        long seen = Volatile.Read(ref used);
        while (seen + bytes <= limit)
        {
            long before = Interlocked.CompareExchange(ref used, seen + bytes, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref used, -bytes);
}
