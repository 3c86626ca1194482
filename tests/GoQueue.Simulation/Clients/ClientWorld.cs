using System.Runtime.CompilerServices;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.Invariants;
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

    /// <summary>Topics that were created and whose deletion was not answered, as last heard of.</summary>
    public List<TopicImage> Topics { get; } = [];

    public TopicLedger Ledger { get; } = new();

    /// <summary>What the clients asked and were told, for the checker of histories.</summary>
    public ClientHistory History { get; } = new(loop);

    /// <summary>In the order of their partitions.</summary>
    public IEnumerable<PartitionHistory> Histories => histories.Values;

    /// <summary>Their partitions, to pick from.</summary>
    public List<TopicPartition> Partitions { get; } = [];

    /// <summary>What the checker of the replicas has seen committed: nobody may be shown or promised more.</summary>
    public required Func<TopicPartition, Offset> CommittedEnd { get; init; }

    /// <summary>What the replicas have there: readers must be given the same bytes.</summary>
    public required Func<TopicPartition, CommittedBatches> CommittedOf { get; init; }

    /// <summary>The highest start that some leader knew the partition to have: what is before it may be refused.</summary>
    public required Func<TopicPartition, Offset> StartOf { get; init; }

    /// <summary>Some topics are cleaned: their records expire, or are compacted.</summary>
    public bool HasCleaning { get; init; }

    /// <summary>The clients hold what they see against each other at once; else only the history is judged, at the end.</summary>
    public required bool IsJudging { get; init; }

    /// <summary>The newest image that any node ever had.</summary>
    public required Func<MetadataImage> NewestImage { get; init; }

    /// <summary>A disk is about to be lost, or is lost and the cluster does not know it.</summary>
    public Func<bool> IsLosingDisk { get; set; } = static () => false;

    /// <summary>Cuts a host off from all others for so many ticks; null where that does not happen.</summary>
    public Action<int, long>? Isolate { get; set; }

    /// <summary>Set when the clients are to come to an end.</summary>
    public bool IsStopping { get; set; }

    public long Operations { get; set; }

    public PartitionHistory HistoryOf(TopicPartition partition)
    {
        if (!histories.TryGetValue(partition, out PartitionHistory? history))
        {
            bool isCompacted = NewestImage().TryGetTopic(partition.Topic, out TopicImage? topic) && topic.Settings.CleanupPolicy == CleanupPolicy.Compact;
            histories.Add(partition, history = new PartitionHistory(partition, isCompacted, () => CommittedEnd(partition), CommittedOf(partition)) { IsJudging = IsJudging });
        }

        return history;
    }

    public NodeId NodeOf(int host) => hosts[host].Node;

    public void Created(TopicImage topic)
    {
        if (!Topics.Exists(known => known.Id == topic.Id))
        {
            Ledger.Created(topic);
            History.Created(topic);
            Topics.Add(topic);
            Offer(topic);
        }
    }

    /// <summary>It has other settings or more partitions.</summary>
    public void Changed(TopicImage topic)
    {
        int at = Topics.FindIndex(known => known.Id == topic.Id);
        if (at >= 0)
        {
            Topics[at] = topic;
            Offer(topic);
        }
    }

    public void Deleted(TopicId topic)
    {
        Topics.RemoveAll(known => known.Id == topic);
        Partitions.RemoveAll(partition => partition.Topic == topic);
    }

    /// <summary>Its topic was deleted, as somebody wished.</summary>
    public bool IsGone(TopicPartition partition) => Ledger.IsDeletionAsked(partition.Topic) && !NewestImage().TryGetTopic(partition.Topic, out _);

    /// <summary>Who leads by the newest image that any node ever had.</summary>
    public int? TrueLeader(TopicPartition partition) =>
        NewestImage().TryGetPartition(partition, out PartitionImage? image) ? hosts.FirstOrDefault(host => host.Node == image.Leader)?.Index : null;

    public int? LeaderHint(TopicPartition partition) => leaders.TryGetValue(partition, out int host) ? host : null;

    public void LeaderIs(TopicPartition partition, int host) => leaders[partition] = host;

    public void ForgetLeader(TopicPartition partition) => leaders.Remove(partition);

    /// <summary>Checks a promise, where clients judge.</summary>
    public void Unless(bool holds, string rule, [InterpolatedStringHandlerArgument(nameof(holds))] ref FailureText detail)
    {
        if (IsJudging)
        {
            SimulationFailure.Unless(holds, rule, ref detail);
        }
    }

    private void Offer(TopicImage topic)
    {
        foreach (PartitionImage partition in topic.Partitions)
        {
            TopicPartition id = new(topic.Id, partition.Index);
            if (!Partitions.Contains(id))
            {
                Partitions.Add(id);
            }
        }
    }
}
