namespace GoQueue.Server.Peers.Links;

/// <summary>Keeps a caller that comes again and again from filling the log: the same thing is news once a minute.</summary>
internal sealed class OncePerMinute(TimeProvider time)
{
    private const int MaxRemembered = 256;
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> said = new(StringComparer.Ordinal);

    public bool IsNews(string what)
    {
        long now = time.GetTimestamp();
        lock (gate)
        {
            if (said.TryGetValue(what, out long before) && time.GetElapsedTime(before, now) < Quiet)
            {
                return false;
            }

            if (said.Count >= MaxRemembered)
            {
                said.Clear();
            }

            said[what] = now;
            return true;
        }
    }
}
