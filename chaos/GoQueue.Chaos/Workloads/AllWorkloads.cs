using System.Globalization;
using GoQueue.Chaos.Clients;
using GoQueue.Chaos.Machine;
using GoQueue.Harness.Clusters;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>All clients of a trial, from their begin to their end.</summary>
internal sealed class AllWorkloads : IAsyncDisposable
{
    private const int PipelinedLanes = 8;
    private const double RestPerSecond = 10;
    private const double ProcessPerSecond = 20;
    private const double EndsPerSecond = 15;
    private const double ChangesPerSecond = 6;
    private const int RegisterTopics = 4;
    private const int RegisterProcesses = 3;

    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> running = [];
    private readonly List<ClientHost> hosts = [];

    /// <summary>The clients that have a process of their own.</summary>
    public IReadOnlyList<ClientHost> Hosts => hosts;

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
                ProducerSender one = new(() => cluster.Endpoints, plan, recorder, $"log-{sender}", lanes: 1, rate / 3);
                all.Run(one.RunAsync);
            }

            all.Run(new RestSender(cluster, plan, recorder, RestPerSecond, new Random(seeds.Next())).RunAsync);
        }

        if (plan.Chosen.Contains("idempotent"))
        {
            all.Run(new ProducerSender(() => cluster.Endpoints, plan, recorder, "pipelined", PipelinedLanes, rate).RunAsync);
        }

        if (plan.Chosen.Contains("log") || plan.Chosen.Contains("idempotent"))
        {
            Dictionary<int, long> every = Enumerable.Range(0, plan.Partitions).ToDictionary(static partition => partition, static _ => 0L);
            all.Run(new ConsumerPoller(() => cluster.Endpoints, plan, recorder, every, rack: null).RunAsync);
            all.Run(new ConsumerPoller(() => cluster.Endpoints, plan, recorder, new Dictionary<int, long> { [0] = 0 }, rack: null).RunAsync);
            all.Run(new ConsumerPoller(() => cluster.Endpoints, plan, recorder, every, cluster.Nodes[^1].Id).RunAsync);
            for (int number = 1; number <= plan.ClientProcesses; number++)
            {
                all.Start($"c{number.ToString(CultureInfo.InvariantCulture)}", cluster, plan, recorder);
            }

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
        await Task.WhenAll([.. running, .. hosts.Select(host => host.StopAsync())]);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (ClientHost host in hosts)
        {
            await host.DisposeAsync();
        }

        stop.Dispose();
    }

    private void Start(string name, Cluster cluster, WorkloadPlan plan, IHistoryRecorder recorder)
    {
        ClientHost host = new(name, ClientHost.OwnProgram(), RunName.Own.ToString(), recorder, (process, positions) => new ClientOrder
        {
            Name = process,
            Endpoints = cluster.Endpoints,
            Topic = plan.Topic,
            Partitions = plan.Partitions,
            Bytes = plan.Bytes,
            PerSecond = ProcessPerSecond,
            Positions = positions,
        });
        hosts.Add(host);
        host.Start();
    }

    private void Run(Func<CancellationToken, Task> client) => running.Add(Task.Run(() => client(stop.Token), CancellationToken.None));
}
