using System.Globalization;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.History.Events;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// Asks every node now and then what it knows of the cluster, as anybody can by the API for administrators, and writes the answers into the history (M1, M2, M3, M6). It asks between
/// two steps and makes no event of its own: a run with it and one without it are the same.
/// </summary>
internal sealed class MetadataObserver(SimulationLoop loop, IReadOnlyList<SimulatedHost> hosts, ClientHistory history)
{
    private const long Between = 100 * TimeSpan.TicksPerMillisecond;

    private readonly Dictionary<(int Host, TopicPartition Partition), (int Boot, PartitionImage Image)> told = [];
    private readonly Dictionary<int, (int Boot, long Version, long Led)> versions = [];
    private readonly HashSet<(TopicPartition Partition, LeaderEpoch Epoch)> audited = [];
    private long next;

    public void AfterStep()
    {
        if (loop.Now >= next)
        {
            next = loop.Now + Between;
            foreach (SimulatedHost host in hosts)
            {
                Look(host);
            }
        }
    }

    /// <summary>At the end of a run that broke no rule: what is there, by the node that knows most.</summary>
    public void LookAtTheEnd()
    {
        foreach (SimulatedHost host in hosts)
        {
            Look(host);
        }

        if (hosts.Where(Answers).MaxBy(host => host.Program!.Cluster.Info().Version) is { } newest)
        {
            history.Topics(newest.Node, newest.Program!.Topics.List());
        }
    }

    private static bool Answers(SimulatedHost host) => host is { Program.IsServing: true, Process: { IsAlive: true, IsPaused: false } };

    private void Look(SimulatedHost host)
    {
        if (!Answers(host))
        {
            return;
        }

        string boot = host.Boots.ToString(CultureInfo.InvariantCulture);
        foreach (TopicImage topic in host.Program!.Topics.List())
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                TopicPartition id = new(topic.Id, partition.Index);
                if (!told.TryGetValue((host.Index, id), out (int Boot, PartitionImage Image) before) || before.Boot != host.Boots || before.Image != partition)
                {
                    told[(host.Index, id)] = (host.Boots, partition);
                    history.Leader(host.Node, boot, topic, partition);
                }
            }
        }

        ClusterInfo cluster = host.Program.Cluster.Info();
        long led = cluster.Quorum.IsLeader ? cluster.Quorum.Term : -1;
        if (!versions.TryGetValue(host.Index, out (int Boot, long Version, long Led) known) || known != (host.Boots, cluster.Version, led))
        {
            versions[host.Index] = (host.Boots, cluster.Version, led);
            history.Metadata(host.Node, boot, cluster.Version, led);
        }

        foreach (ClusterEvent one in host.Program.Cluster.Events())
        {
            if (one.IsElection && audited.Add((one.Partition, one.LeaderEpoch)))
            {
                history.Audit(host.Node, one);
            }
        }
    }
}
