using System.Diagnostics;

namespace GoQueue.Harness;

/// <summary>Waiting for a condition, with a deadline.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns how long it took until <paramref name="isSo"/> answered true.</summary>
    /// <exception cref="HarnessException">It did not in time; <paramref name="what"/> says what was waited for.</exception>
    public static async Task<TimeSpan> UntilAsync(string what, TimeSpan patience, Func<Task<bool>> isSo, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await isSo())
            {
                return Stopwatch.GetElapsedTime(began);
            }

            if (Stopwatch.GetElapsedTime(began) > patience)
            {
                throw new HarnessException($"not within {patience.TotalSeconds:0.#} s: {what}");
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }
}
