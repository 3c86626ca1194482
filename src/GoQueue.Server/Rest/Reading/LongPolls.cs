using GoQueue.Server.Configuration;

namespace GoQueue.Server.Rest.Reading;

/// <summary>Bounds the requests that wait for messages. One more than allowed is answered without waiting, which is always correct.</summary>
internal sealed class LongPolls(ServerOptions options)
{
    private int waiting;

    public int Waiting => Volatile.Read(ref waiting);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref waiting) <= options.Http.MaxLongPolls)
        {
            return true;
        }

        Interlocked.Decrement(ref waiting);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref waiting);
}
