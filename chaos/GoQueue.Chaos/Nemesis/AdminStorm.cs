using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// One administrative request after the other, to nodes in turn, whatever they answer: leaderships handed on, the controller moved, preferred leaders, or replicas
/// reassigned to other nodes.
/// </summary>
internal sealed class AdminStorm(TestBed bed, Random random, AdminStorm.Sort sort) : Fault
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource stop = new();
    private Task storming = Task.CompletedTask;
    private int accepted;
    private int asked;
    private string last = "nothing";

    /// <summary>What is asked for.</summary>
    internal enum Sort
    {
        Leaders,
        Controller,
        Replicas,
    }

    public override Task BeginAsync(CancellationToken cancellationToken)
    {
        Target = sort switch { Sort.Leaders => "leaders of partitions", Sort.Controller => "the controller", _ => "replicas of partitions" };
        storming = StormAsync(new Random(random.Next()));
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Volatile.Read(ref accepted) > 0 ? null : $"none of {Volatile.Read(ref asked)} requests was accepted; the last answer: {last}");

    public override async Task EndAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await storming;
        stop.Dispose();
    }

    private async Task StormAsync(Random draw)
    {
        string[] all = [.. bed.Grounds.Select(ground => ground.Node.Id)];
        while (!stop.IsCancellationRequested)
        {
            Node[] asking = [.. bed.Cluster.Nodes.Where(node => node.Serves)];
            if (asking.Length > 0)
            {
                Node node = asking[draw.Next(asking.Length)];
                (string path, object body) = await RequestAsync(node, draw, all);
                RestAnswer answer = await bed.Cluster.Rest.SendAsync(node, HttpMethod.Post, path, body, Patience, CancellationToken.None);
                last = answer.ToString();
                Interlocked.Increment(ref asked);
                if (answer.IsOk)
                {
                    Interlocked.Increment(ref accepted);
                }
            }

            await Task.Delay(Between, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(string Path, object Body)> RequestAsync(Node node, Random draw, string[] all)
    {
        if (sort == Sort.Controller)
        {
            return ("/v1/admin/transfer-controller", new { node = all[draw.Next(all.Length)] });
        }

        TopicView? topic = await bed.Cluster.TryTopicAsync(node, bed.Topic, CancellationToken.None);
        if (topic is null)
        {
            return ("/v1/admin/balance-leaders", new { });
        }

        PartitionView partition = topic.Partitions[draw.Next(topic.Partitions.Count)];
        if (sort == Sort.Leaders)
        {
            string[] others = [.. partition.InSync.Where(replica => replica != partition.Leader)];
            return others.Length == 0 || draw.Next(8) == 0
                ? ("/v1/admin/balance-leaders", new { })
                : ("/v1/admin/transfer-leader", new { topic = topic.Name, partition = partition.Partition, to = others[draw.Next(others.Length)] });
        }

        // As many replicas as before, in another order, and on other nodes where there are more nodes than replicas.
        string[] target = [.. all];
        draw.Shuffle(target);
        return ("/v1/admin/reassignments", new { moves = new[] { new { topic = topic.Name, partition = partition.Partition, to = target.Take(partition.Replicas.Count) } } });
    }
}
