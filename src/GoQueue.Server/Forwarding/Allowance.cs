namespace GoQueue.Server.Forwarding;

/// <summary>A number of requests and a number of bytes that may be under way at one time.</summary>
internal sealed class Allowance(int maxRequests, long maxBytes)
{
    private int requests;
    private long bytes;

    public int Requests => Volatile.Read(ref requests);

    /// <summary>One request of any size always fits when nothing else is under way.</summary>
    public bool TryEnter(long size)
    {
        bool fitsCount = Interlocked.Increment(ref requests) <= maxRequests;
        bool fitsBytes = Interlocked.Add(ref bytes, size) is long total && (total <= maxBytes || total == size);
        if (fitsCount && fitsBytes)
        {
            return true;
        }

        Leave(size);
        return false;
    }

    public void Leave(long size)
    {
        Interlocked.Add(ref bytes, -size);
        Interlocked.Decrement(ref requests);
    }
}
