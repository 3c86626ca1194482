using GoQueue.Harness;

namespace GoQueue.Chaos.Tests.Clusters;

public sealed class PaceTests
{
    /// <summary>Found by a mixture on five nodes: senders slower than their pace never stopped, and the run did not end.</summary>
    [Fact]
    public async Task Whoever_is_slower_than_the_pace_hears_of_the_end_too()
    {
        using CancellationTokenSource stop = new();
        Pace pace = new(1_000_000_000);
        Assert.True(await pace.DueAsync(stop.Token) > 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pace.DueAsync(stop.Token));
    }
}
