using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// Somebody who administers the cluster while it is used and while it breaks: moves leaders, one after the other in quick succession at times, moves replicas, drains
/// nodes and takes that back.
/// </summary>
internal sealed class OperatorClient(ClientWorld world, int number) : SimulatedClient(world, number, "operator")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    protected override async Task WorkAsync()
    {
        while (!World.IsStopping)
        {
            if (World.Topics.Count > 0)
            {
                await ActAsync(Random.Pick(World.Topics));
            }

            await PauseAsync(Random.Coin() ? 100 : 1500);
        }

        for (int host = 0; host < World.HostCount; host++)
        {
            await UndrainAsync(World.NodeOf(host));
        }
    }

    private Task ActAsync(TopicImage topic)
    {
        int partition = Random.Below(topic.Partitions.Count);
        return Random.Below(12) switch
        {
            >= 10 when World.Isolate is not null => SucceedAsync(topic, partition),
            < 5 or >= 10 => TransferAsync(topic, partition, Random.Coin() ? 1 : 2 + Random.Below(3)),
            5 => AskAsync(cluster => cluster.TransferToPreferredAsync(CancellationToken.None)),
            6 or 7 => ReassignAsync(topic, partition),
            8 => AskAsync(cluster => cluster.CancelReassignmentAsync(Random.Coin() ? null : [topic.Name], CancellationToken.None)),
            _ => Random.Coin() ? AskAsync(cluster => cluster.DrainAsync(World.NodeOf(AnyHost()), CancellationToken.None)) : UndrainAsync(World.NodeOf(AnyHost())),
        };
    }

    /// <summary>Leaders in quick succession leave overlapping ends of logs behind (E4).</summary>
    private async Task TransferAsync(TopicImage topic, int partition, int times)
    {
        for (int i = 0; i < times && !World.IsStopping; i++)
        {
            NodeId to = World.NodeOf(AnyHost());
            await AskAsync(cluster => cluster.TransferLeaderAsync(topic.Name, partition, to, isForced: false, CancellationToken.None));
            await PauseAsync(20);
        }
    }

    /// <summary>
    /// Three leaderships, the first and the last of a node that the one between never spoke to: 1. the leader is cut off and goes on writing what nobody gets; 2. another
    /// leads and writes something else there; 3. the first one leads again before it knew. Its log and that of the other have ends of epochs that the other side
    /// never heard of, and one round of truncation is not enough (E4, KIP-279).
    /// </summary>
    private async Task SucceedAsync(TopicImage topic, int partition)
    {
        TopicPartition id = new(topic.Id, new PartitionIndex(partition));
        if (World.TrueLeader(id) is not { } first)
        {
            return;
        }

        int second = (first + 1 + Random.Below(World.HostCount - 1)) % World.HostCount;
        World.Isolate!(first, Random.Between(300, 1500) * TimeSpan.TicksPerMillisecond);
        await PauseAsync(60);
        foreach (int leader in (int[])[second, first])
        {
            NodeId to = World.NodeOf(leader);
            await World.Network.CallAsync(Process, second, node => node.Cluster.TransferLeaderAsync(topic.Name, partition, to, isForced: false, CancellationToken.None), Patience);
            World.LeaderIs(id, leader);
            World.Operations++;
            await PauseAsync(400);
        }
    }

    private Task ReassignAsync(TopicImage topic, int partition)
    {
        List<NodeId> left = [.. Enumerable.Range(0, World.HostCount).Select(World.NodeOf)];
        List<NodeId> wanted = [];
        int factor = Math.Min(topic.Settings.ReplicationFactor, left.Count);
        while (wanted.Count < factor)
        {
            NodeId next = Random.Pick(left);
            left.Remove(next);
            wanted.Add(next);
        }

        WantedReplicas move = new(topic.Name, partition, NodeList.From(wanted));
        return AskAsync(cluster => cluster.StartReassignmentAsync([move], Random.Coin() ? 0 : 100_000, CancellationToken.None));
    }

    private Task UndrainAsync(NodeId node) => AskAsync<bool>(async cluster => await cluster.UndrainAsync(node, CancellationToken.None) is { } refused ? refused : true);

    private async Task AskAsync<T>(Func<IClusterRequests, ValueTask<Result<T>>> ask)
    {
        await World.Network.CallAsync(Process, AnyHost(), node => ask(node.Cluster), Patience);
        World.Operations++;
    }
}
