using System.Diagnostics;
using System.Text.Json;
using GoQueue.ClusterTest.Scenarios;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Figures;

/// <summary>The section "cluster" of the benchmarks: rows of its table on standard output, progress on standard error.</summary>
internal static class AllFigures
{
    private const int ManyTopics = 1_000;
    private const int Callers = 64;
    private const int Proposals = 20_000;
    private const string Load = "three brokers and the load on one machine, replication 3, acks all, flushed on every replica, 1 KiB";

    private static readonly (string Name, Func<Stage, Task> MeasureAsync)[] Table =
    [
        ("saturated", SaturatedAsync),
        ("paced", PacedAsync),
        ("failover", FailoverAsync),
        ("proposals", ProposalsAsync),
        ("topics", TopicsAsync),
        ("behind", BehindAsync),
    ];

    /// <summary>Answers the exit code: 0 when everything was measured.</summary>
    public static async Task<int> RunAsync(TestOptions options, string folder, CancellationToken cancellationToken)
    {
        bool hasFailed = false;
        foreach ((string name, Func<Stage, Task> measure) in Table.Where(figure => options.Only.Count == 0 || options.Only.Contains(figure.Name)))
        {
            await using Stage stage = new(options, Path.Combine(folder, name), cancellationToken);
            try
            {
                await measure(stage);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                hasFailed = true;
                await Console.Error.WriteLineAsync($"  not measured: {name}: {(failure is HarnessException ? failure.Message : failure)}");
            }
        }

        return hasFailed ? 1 : 0;
    }

    private static async Task SaturatedAsync(Stage stage)
    {
        Cluster cluster = await stage.ClusterAsync();
        JsonElement result = await BenchAsync(stage, cluster, "--duration", "10s", "--warm-up", "5s", "--partitions", "3", "--batch-bytes", "256KiB", "--producers", "2");
        Row("cluster of 3: publish, as fast as it goes", $"{Number(result, "result", "messagesPerSecond"):0} msg/s", "75,000; aim 200,000", $"{Load}, batches of 256 KiB, 2 producers, 3 partitions");
    }

    private static async Task PacedAsync(Stage stage)
    {
        Cluster cluster = await stage.ClusterAsync();
        JsonElement result = await BenchAsync(stage, cluster, "--rate", "20000", "--duration", "15s", "--warm-up", "40s", "--partitions", "3", "--linger", "3ms");
        Row(
            "cluster of 3: publish at 20,000 msg/s, p99 until acknowledged",
            $"{Number(result, "latencyMs", "p99"):0.0} ms",
            "< 12 ms; aim < 5 ms",
            $"open loop after 40 s of warm-up, {Load}, 3 partitions, linger 3 ms; p50 {Number(result, "latencyMs", "p50"):0.0}, p99.9 {Number(result, "latencyMs", "p99.9"):0.0}; {Number(result, "result", "messagesPerSecond"):0} msg/s reached");
    }

    private static async Task FailoverAsync(Stage stage)
    {
        FailoverFigures killed = await Failover.MeasureAsync(stage.Options, Path.Combine(stage.Folder, "killed"), stage.Options.Runs, isKilled: true, stage.Cancelled);
        Row("cluster of 3: no writes after SIGKILL of a leader", $"median {killed.Median:0} ms, max {killed.Max:0} ms", "median < 1,000 ms, aim 250; max 5,000 ms", $"{stage.Options.Runs} runs, acks all through the client, longest gap between acknowledgements at 500 msg/s; {killed.Runs.Count(run => run.WasController)} times the controller; {killed.FailedOperations} operations failed");
        FailoverFigures stopped = await Failover.MeasureAsync(stage.Options, Path.Combine(stage.Folder, "stopped"), 6, isKilled: false, stage.Cancelled);
        Row("cluster of 3: no writes during a controlled shutdown", $"max {stopped.Max:0} ms, {stopped.FailedOperations} operations failed", "< 250 ms, none failed", "6 runs of SIGTERM to the leader, otherwise the same");
    }

    private static async Task ProposalsAsync(Stage stage)
    {
        Cluster cluster = await stage.ClusterAsync();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => cluster.CreateTopicAsync($"altered-{caller}", 1, 1, 1, stage.Cancelled)));
        Node controller = await cluster.ControllerAsync(stage.Cancelled);
        await ProposeAsync(stage, cluster, controller, 3 * Proposals); // until the code is compiled for good
        long began = Stopwatch.GetTimestamp();
        int failed = await ProposeAsync(stage, cluster, controller, Proposals);
        double rate = Proposals / Stopwatch.GetElapsedTime(began).TotalSeconds;
        Row("cluster of 3: Raft proposals", $"{rate:0}/s", "5,000/s", $"topic alterations by REST at the controller, {Callers} callers with a topic each, {Proposals} after {3 * Proposals} to warm up, flushed on a majority; {failed} failed");
    }

    /// <summary>Answers how many failed.</summary>
    private static async Task<int> ProposeAsync(Stage stage, Cluster cluster, Node controller, int proposals)
    {
        int left = proposals;
        int failed = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            while (Interlocked.Decrement(ref left) is >= 0 and int number)
            {
                RestAnswer answer = await cluster.Rest.SendAsync(controller, HttpMethod.Patch, $"/v1/topics/altered-{caller}", new { segmentMs = 3_600_000L + number }, TimeSpan.FromSeconds(30), stage.Cancelled);
                Interlocked.Add(ref failed, answer.IsOk ? 0 : 1);
            }
        }));
        return failed;
    }

    private static async Task TopicsAsync(Stage stage)
    {
        Cluster cluster = await stage.ClusterAsync();
        int left = ManyTopics;
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async caller =>
        {
            while (Interlocked.Decrement(ref left) is >= 0 and int number)
            {
                Node node = cluster.Nodes[number % cluster.Nodes.Count];
                RestAnswer answer = await cluster.Rest.SendAsync(node, HttpMethod.Post, "/v1/topics", new { name = $"many-{number}", partitions = 3 }, TimeSpan.FromSeconds(60), stage.Cancelled);
                if (answer.Status != 201)
                {
                    throw new HarnessException($"topic {number}: {answer}");
                }
            }
        }));
        TimeSpan created = Stopwatch.GetElapsedTime(began);
        await cluster.WholeAsync($"many-{ManyTopics - 1}", TimeSpan.FromSeconds(120), stage.Cancelled);
        Row("cluster of 3: 1,000 topics of 3 partitions", $"{created.TotalSeconds:0.0} s", "< 30 s", $"REST, 16 callers, all nodes in turn; the last one in sync after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
    }

    private static async Task BehindAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync(partitions: 1, plan: plan => plan with { Rate = 500 });
        CatchUp caughtUp = await FarBehind.MeasureAsync(stage, trial.Cluster, 1024);
        await trial.FinishAsync();
        Row("cluster of 3: a follower 1 GiB behind catches up", $"{caughtUp.MegabytesPerSecond:0} MB/s", "100 MB/s", $"{caughtUp}; while 500 msg/s are published{(stage.Failures.Count > 0 ? "; FAILED: " + stage.Failures[0] : "")}");
    }

    private static Task<JsonElement> BenchAsync(Stage stage, Cluster cluster, params string[] arguments) =>
        Goqueue.RunAsync(stage.Options.Bin, cluster, stage.Cancelled, ["bench", "produce", "--size", "1024", .. arguments]);

    private static double Number(JsonElement result, string part, string name) => result.GetProperty(part).GetProperty(name).GetDouble();

    private static void Row(string what, string measured, string wanted, string conditions) => Console.WriteLine($"| {what} | {measured} | {wanted} | {conditions} |");
}
