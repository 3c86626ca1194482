using GoQueue.Chaos.Clients;
using GoQueue.Harness;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Tests.Workloads;

/// <summary>
/// A client in a process of its own, with nobody at the address it is given: it sends all the same, and hears nothing. What is looked at is its history: it must be one, whatever
/// happens to the process.
/// </summary>
public sealed class ClientHostTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly HistoryList history;
    private readonly ClientHost host;
    private long now;

    public ClientHostTests()
    {
        history = new HistoryList(() => ++now);
        string program = Path.Combine(AppContext.BaseDirectory, "goqueue-chaos.dll");
        host = new ClientHost("c1", ["dotnet", program], "gqc-test", history, Order);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task What_was_open_when_it_was_killed_is_unknown_and_another_process_goes_on()
    {
        host.Start();
        int first = host.ProcessId;
        await SendsAsync();

        await host.KillAsync();
        int left = host.LeftOpen;
        HistoryEvent[] before = [.. history.Events];
        host.Start();
        await SendsAsync();
        await host.KillAsync();

        Assert.NotEqual(first, host.ProcessId);
        Assert.Null(host.Mishap);
        Assert.True(left > 0);
        Assert.Equal(left, before.Count(static next => next.Error == "CLIENT_GONE" && next.Type == EventType.Info));
        AssertIsHistory(history.Events);
        Assert.Empty(before.Select(static next => next.Process).Intersect(history.Events.Skip(before.Length).Select(static next => next.Process)));
        Assert.Equal(["c1.1", "c1.2"], history.Events.Select(static next => next.Value).OfType<SendValue>().Select(static send => send.Producer!).Distinct());
    }

    [Fact]
    public async Task Stopped_it_says_nothing_and_goes_on_afterwards()
    {
        host.Start();
        await SendsAsync();
        host.Pause();
        await Wait.UntilAsync("it is stopped", Patience, () => Task.FromResult(GoQueue.Chaos.Nemesis.Processes.State(host.ProcessId) == 'T'), CancellationToken.None);
        long said = -1;
        await Wait.UntilAsync("what it had said is read", Patience, () => Task.FromResult(said == (said = host.Events)), CancellationToken.None);

        host.Resume();
        await Wait.UntilAsync("it says more", Patience, () => Task.FromResult(host.Events > said), CancellationToken.None);
        await host.StopAsync();

        Assert.Equal(0, host.LeftOpen);
        AssertIsHistory(history.Events);
    }

    [Fact]
    public async Task One_that_ends_by_itself_is_no_sound_run()
    {
        host.Start();
        await SendsAsync();
        System.Diagnostics.Process.GetProcessById(host.ProcessId).Kill();
        await Wait.UntilAsync("its end is seen", Patience, () => Task.FromResult(host.Mishap is not null), CancellationToken.None);

        Assert.Contains("ended by itself", (await Assert.ThrowsAsync<HarnessException>(host.StopAsync)).Message, StringComparison.Ordinal);
        AssertIsHistory(history.Events);
    }

    private async Task SendsAsync() => Assert.True(await host.SomeSendsAsync(Patience, CancellationToken.None) > 0);

    private static void AssertIsHistory(IReadOnlyList<HistoryEvent> events)
    {
        HashSet<int> open = [];
        HashSet<int> retired = [];
        foreach (HistoryEvent next in events)
        {
            Assert.DoesNotContain(next.Process, retired);
            Assert.True(next.Type == EventType.Invoke ? open.Add(next.Process) : open.Remove(next.Process), next.ToString());
            if (next.Type == EventType.Info)
            {
                retired.Add(next.Process);
            }
        }

        Assert.Empty(open);
    }

    private static ClientOrder Order(string name, IReadOnlyDictionary<int, long> positions) =>
        new() { Name = name, Endpoints = ["127.0.0.1:1"], Topic = "chaos", Partitions = 2, Bytes = 100, PerSecond = 50, Positions = positions };
}
