namespace GoQueue.Client;

/// <summary>Pauses between tries: doubling from a first to a longest one, each drawn between half and whole so that clients spread out.</summary>
internal static class Backoff
{
    /// <param name="failures">Tries that failed so far, from 1.</param>
    public static TimeSpan After(int failures, GoQueueClientOptions options)
    {
        double doubled = options.RetryBackoff.Ticks * Math.Pow(2, Math.Clamp(failures - 1, 0, 40));
        double ceiling = Math.Min(doubled, options.RetryBackoffMax.Ticks);
        return TimeSpan.FromTicks((long)(ceiling * (0.5 + (Random.Shared.NextDouble() / 2))));
    }
}
