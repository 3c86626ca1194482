using System.Diagnostics;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Loads;

/// <summary>
/// Several producers that send at a steady rate, whatever comes back. Message i of a producer goes to partition i modulo the partitions, so that every
/// partition has its own stream and a stall of one shows.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource stop;
    private readonly CancellationTokenSource abandon;
    private readonly Task[] producers;

    private Load(LoadPlan plan, Journal journal, CancellationTokenSource stop, CancellationTokenSource abandon, Task[] producers)
    {
        Plan = plan;
        Journal = journal;
        this.stop = stop;
        this.abandon = abandon;
        this.producers = producers;
        StartedAt = Stopwatch.GetTimestamp();
    }

    public LoadPlan Plan { get; }

    public Journal Journal { get; }

    /// <summary>Stamp of <see cref="Stopwatch"/>.</summary>
    public long StartedAt { get; }

    public static Load Start(Cluster cluster, LoadPlan plan, CancellationToken cancellationToken)
    {
        Journal journal = new(plan.Producers);
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationTokenSource abandon = new();
        Task[] producers = [.. Enumerable.Range(0, plan.Producers).Select(producer => Task.Run(
            () => plan.Road == Road.Client
                ? new ClientSender(cluster, plan, journal, producer).RunAsync(stop.Token, abandon.Token)
                : new RestSender(cluster, plan, journal, producer).RunAsync(stop.Token),
            CancellationToken.None))];
        return new Load(plan, journal, stop, abandon, producers);
    }

    /// <summary>Returns when so many more messages are acknowledged: the load flows (again).</summary>
    public Task<TimeSpan> FlowsAsync(int more, TimeSpan patience, CancellationToken cancellationToken)
    {
        long from = Journal.Acknowledged;
        return Wait.UntilAsync($"{more} more messages are acknowledged (after {from}; {Sum(Journal)})", patience, () => Task.FromResult(Failed() || Journal.Acknowledged >= from + more), cancellationToken);
    }

    /// <summary>Stops sending and waits until every message is settled.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(producers);
    }

    /// <summary>Ends without waiting for answers; after <see cref="StopAsync"/> there are none to wait for.</summary>
    public async ValueTask DisposeAsync()
    {
        await abandon.CancelAsync();
        await stop.CancelAsync();
        await Task.WhenAll(producers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        abandon.Dispose();
    }

    public static string Sum(Journal journal) => journal.Failures.Count == 0
        ? "none failed"
        : "failed: " + string.Join(", ", journal.Failures.Select(kind => $"{kind.Value} {kind.Key}"));

    private bool Failed() => producers.FirstOrDefault(producer => producer.IsFaulted) is { } faulted
        ? throw new HarnessException($"a producer ended: {faulted.Exception!.InnerException}")
        : false;
}
