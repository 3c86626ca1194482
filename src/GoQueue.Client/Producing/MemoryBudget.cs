namespace GoQueue.Client.Producing;

/// <summary>Bytes that accepted messages may take at once. Any thread.</summary>
internal sealed class MemoryBudget(long limit)
{
    private long used;

    public long Limit => limit;

    public long Used => Volatile.Read(ref used);

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
