using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>What the clients of one run share: the way to the nodes, the topics made so far, and what has been learnt of each partition.</summary>
internal sealed class ClientWorld(SimulationLoop loop, IReadOnlyList<SimulatedHost> hosts)
{
    private readonly SortedDictionary<TopicPartition, PartitionHistory> histories = [];
    private readonly Dictionary<TopicPartition, int> leaders = [];

    public SimulationLoop Loop { get; } = loop;

    public ClientNetwork Network { get; } = new(loop, hosts);

    public int HostCount { get; } = hosts.Count;

    /// <summary>Topics whose creation was acknowledged.</summary>
    public List<TopicImage> Topics { get; } = [];

    /// <summary>In the order of their partitions.</summary>
    public IEnumerable<PartitionHistory> Histories => histories.Values;

    /// <summary>Every acknowledged or read partition, to pick from.</summary>
    public List<TopicPartition> Partitions { get; } = [];

    /// <summary>What the checker of the replicas has seen committed: nobody may be shown or promised more.</summary>
    public Func<TopicPartition, Offset>? CommittedEnd { get; set; }

    /// <summary>Set when the clients are to come to an end.</summary>
    public bool IsStopping { get; set; }

    public long Operations { get; set; }

    public PartitionHistory HistoryOf(TopicPartition partition)
    {
        if (!histories.TryGetValue(partition, out PartitionHistory? history))
        {
            histories.Add(partition, history = new PartitionHistory(partition, () => CommittedEnd?.Invoke(partition) ?? new Offset(long.MaxValue)));
        }

        return history;
    }

    public void Created(TopicImage topic)
    {
        if (Topics.Exists(known => known.Id == topic.Id))
        {
            return;
        }

        Topics.Add(topic);
        foreach (PartitionImage partition in topic.Partitions)
        {
            Partitions.Add(new TopicPartition(topic.Id, partition.Index));
        }
    }

    /// <summary>Who leads by the newest image that any node has.</summary>
    public int? TrueLeader(TopicPartition partition)
    {
        SimulatedHost? newest = hosts.Where(host => host.Program?.Image is not null).MaxBy(host => host.Program!.Image!.Version);
        return newest?.Program!.Image!.TryGetPartition(partition, out PartitionImage? image) == true ? hosts.FirstOrDefault(host => host.Node == image.Leader)?.Index : null;
    }

    public int? LeaderHint(TopicPartition partition) => leaders.TryGetValue(partition, out int host) ? host : null;

    public void LeaderIs(TopicPartition partition, int host) => leaders[partition] = host;

    public void ForgetLeader(TopicPartition partition) => leaders.Remove(partition);
}
