using GoQueue.Core;

namespace GoQueue.Client;

/// <summary>Elapsed time in ticks of 100 ns since the client was made, and wall-clock time, both from one provider.</summary>
internal sealed class ClientClock(TimeProvider time)
{
    private readonly long origin = time.GetTimestamp();

    public TimeProvider Time => time;

    /// <summary>Never goes back.</summary>
    public long Ticks => time.GetElapsedTime(origin).Ticks;

    public UnixMillis Wall => UnixMillis.From(time);
}
