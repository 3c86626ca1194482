namespace GoQueue.Server.Tests.Grpc;

/// <summary>Waits for a condition with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task TrueAsync(Func<bool> condition)
    {
        using CancellationTokenSource deadline = new(Patience);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, "the condition did not come true in time");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
