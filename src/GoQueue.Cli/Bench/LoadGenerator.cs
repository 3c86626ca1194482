using System.Diagnostics;
using GoQueue.Cli.Hosting;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary>A load of several senders, each with a client, a connection and a thread of its own.</summary>
internal sealed class LoadGenerator : IAsyncDisposable
{
    // So that all threads run before the first message is due.
    private static readonly TimeSpan StartDelay = TimeSpan.FromMilliseconds(20);

    private readonly LoadPlan plan;
    private readonly GoQueueClient[] clients;
    private readonly GoQueueProducer[] producers;
    private readonly AckRecorder[] recorders;
    private LoadSender[] senders = [];

    public LoadGenerator(Session session, LoadPlan plan, ProducerOptions options)
    {
        this.plan = plan;
        clients = [.. Enumerable.Range(0, plan.Producers).Select(_ => Connection.Open(session))];
        recorders = [.. clients.Select(_ => new AckRecorder())];
        producers = [.. clients.Select((client, i) => client.CreateProducer(options with { OnDelivery = recorders[i].OnDelivery }))];
    }

    public IReadOnlyList<AckRecorder> Recorders => recorders;

    /// <summary>Stopwatch ticks from which on messages are measured; set by <see cref="Schedule"/> or <see cref="RunAsync"/>.</summary>
    public long MeasureFrom { get; private set; }

    public long Acknowledged => recorders.Sum(recorder => recorder.Tally.Acknowledged);

    /// <summary>Measured messages handed over.</summary>
    public long Sent => senders.Sum(sender => sender.Sent);

    public bool Failed => recorders.Any(recorder => recorder.Tally.Failed > 0);

    /// <summary>Decides when the load begins, soon; for those who must know <see cref="MeasureFrom"/> before the first message is sent.</summary>
    public void Schedule()
    {
        if (MeasureFrom == 0)
        {
            MeasureFrom = Stopwatch.GetTimestamp() + (long)((StartDelay + plan.WarmUp).TotalSeconds * Stopwatch.Frequency);
        }
    }

    /// <summary>Runs the load and waits for every answer.</summary>
    /// <param name="atStart">Called when the measurement begins.</param>
    public async Task RunAsync(Func<Task> atStart, CancellationToken cancel)
    {
        Schedule();
        senders = [.. producers.Select((producer, i) => new LoadSender(plan, i, producer, recorders[i], MeasureFrom, cancel))];
        Task[] running = [.. senders.Select(sender => sender.Start())];
        await Task.WhenAny(Task.Delay(StartDelay + plan.WarmUp, cancel), Task.WhenAll(running));
        await atStart();
        await Task.WhenAll(running);
        await Task.WhenAll(producers.Select(producer => producer.FlushAsync(CancellationToken.None)));
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = 0; i < clients.Length; i++)
        {
            await producers[i].DisposeAsync();
            await clients[i].DisposeAsync();
        }
    }
}
