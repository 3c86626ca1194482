using System.Diagnostics;

namespace GoQueue.Testing;

/// <summary>Waiting on a condition with a deadline; timing never decides, only a condition that stays false does.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <exception cref="TimeoutException">The condition stayed false for a minute.</exception>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    /// <exception cref="TimeoutException">The condition stayed false for a minute.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Deadline)
            {
                throw new TimeoutException($"never became true: {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
