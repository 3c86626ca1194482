using GoQueue.Harness.Clusters;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>All clients of a trial, from their begin to their end.</summary>
internal sealed class AllWorkloads : IAsyncDisposable
{
    private const int PipelinedLanes = 8;
    private const double RestPerSecond = 10;
    private const double EndsPerSecond = 15;
    private const double ChangesPerSecond = 6;
    private const int RegisterTopics = 4;
    private const int RegisterProcesses = 3;

    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> running = [];

    public static AllWorkloads Start(Cluster cluster, WorkloadPlan plan, IHistoryRecorder recorder)
    {
        AllWorkloads all = new();
        Random seeds = new(plan.Seed);
        bool hasBoth = plan.Chosen.Contains("log") && plan.Chosen.Contains("idempotent");
        double rate = hasBoth ? plan.Rate / 2.0 : plan.Rate;
        if (plan.Chosen.Contains("log"))
        {
            for (int sender = 1; sender <= 3; sender++)
            {
                ProducerSender one = new(cluster, plan, recorder, $"log-{sender}", lanes: 1, rate / 3);
                all.Run(one.RunAsync);
            }

            all.Run(new RestSender(cluster, plan, recorder, RestPerSecond, new Random(seeds.Next())).RunAsync);
        }

        if (plan.Chosen.Contains("idempotent"))
        {
            all.Run(new ProducerSender(cluster, plan, recorder, "pipelined", PipelinedLanes, rate).RunAsync);
        }

        if (plan.Chosen.Contains("log") || plan.Chosen.Contains("idempotent"))
        {
            int[] every = [.. Enumerable.Range(0, plan.Partitions)];
            all.Run(new ConsumerPoller(cluster, plan, recorder, every, rack: null).RunAsync);
            all.Run(new ConsumerPoller(cluster, plan, recorder, [0], rack: null).RunAsync);
            all.Run(new ConsumerPoller(cluster, plan, recorder, every, cluster.Nodes[^1].Id).RunAsync);
            all.Run(new RestPoller(cluster, plan, recorder, new Random(seeds.Next())).RunAsync);
        }

        if (plan.Chosen.Contains("offsets"))
        {
            all.Run(new EndOffsets(cluster, plan, recorder, EndsPerSecond, new Random(seeds.Next())).RunAsync);
        }

        if (plan.Chosen.Contains("register"))
        {
            for (int i = 0; i < RegisterProcesses; i++)
            {
                all.Run(new Registers(cluster, plan, recorder, i, RegisterTopics, ChangesPerSecond / RegisterProcesses, new Random(seeds.Next())).RunAsync);
            }
        }

        all.Run(new Observers(cluster, plan, recorder).RunAsync);
        return all;
    }

    /// <summary>No client begins anything any more; returns when the last answer is there or given up.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private void Run(Func<CancellationToken, Task> client) => running.Add(Task.Run(() => client(stop.Token), CancellationToken.None));
}
