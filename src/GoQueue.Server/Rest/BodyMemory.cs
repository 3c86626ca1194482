namespace GoQueue.Server.Rest;

/// <summary>Bounds the memory of all request bodies held at one time, so that many large requests are refused and not fatal.</summary>
internal sealed class BodyMemory(long capacityBytes)
{
    private long held;

    public long HeldBytes => Volatile.Read(ref held);

    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref held, bytes) <= capacityBytes)
        {
            return true;
        }

        Interlocked.Add(ref held, -bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref held, -bytes);
}
