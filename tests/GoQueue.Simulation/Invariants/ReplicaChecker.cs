using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Invariants;

/// <summary>
/// What must hold of the replicas of all nodes together, checked after every step for what the step changed. It sees all disks at once, which no node does.
/// Ids: reliability.md 3.6 and section 6, semantics.md sections 1 and 2.
/// </summary>
internal sealed class ReplicaChecker(SimulationLoop loop, IReadOnlyList<SimulatedHost> hosts)
{
    private readonly SortedDictionary<TopicPartition, PartitionFacts> partitions = [];
    private readonly ImageChecker images = new(loop);
    private readonly QuorumChecker quorum = new();
    private readonly SimulatedProcess?[] processes = new SimulatedProcess?[hosts.Count];
    private readonly BrokerEpoch[] disks = new BrokerEpoch[hosts.Count];

    /// <summary>The newest image that any node has applied.</summary>
    public MetadataImage Newest => images.Newest;

    /// <summary>What replicas and readers have below the high watermarks.</summary>
    public CommittedBatches CommittedOf(TopicPartition partition) => FactsOf(partition).Committed;

    /// <summary>Highest offset that any leader ever counted as committed, and one more.</summary>
    public Offset CommittedEnd(TopicPartition partition) => partitions.TryGetValue(partition, out PartitionFacts? facts) ? facts.CommittedEnd : Offset.Zero;

    /// <summary>The highest start that some leader knew the partition to have.</summary>
    public Offset StartOf(TopicPartition partition) => partitions.TryGetValue(partition, out PartitionFacts? facts) ? facts.Start : Offset.Zero;

    /// <summary>The cluster said that it has forgotten this disk.</summary>
    public void Removed(NodeId node, Guid incarnation) => quorum.Removed(node, incarnation);

    /// <summary>After the run: what compaction left of every partition.</summary>
    public void CheckKeys()
    {
        foreach (PartitionFacts facts in partitions.Values)
        {
            facts.CheckKeys();
        }
    }

    /// <summary>Called after a step of a process; null for the world's own steps, which touch no replica.</summary>
    public void AfterStep(SimulatedProcess? process)
    {
        if (process is null || process.Index >= hosts.Count || hosts[process.Index] is not { Program: ClusterBroker { Image: { } image } program } host)
        {
            return;
        }

        if (!ReferenceEquals(processes[host.Index], process))
        {
            processes[host.Index] = process;
            images.Restarted(host.Index);
            quorum.Restarted(host.Index);
            foreach (PartitionFacts facts in partitions.Values)
            {
                facts.Restarted(host.Index);
            }
        }

        if (program.Quorum is { } seenQuorum)
        {
            quorum.Sees(host.Index, seenQuorum.Status);
        }

        MetadataImage before = images.Newest;
        images.Sees(host.Index, image);
        bool isNewer = !ReferenceEquals(before, images.Newest);
        if (isNewer)
        {
            LookAtDisks();
        }

        if (program.Broker is not { } broker)
        {
            return;
        }

        foreach (PartitionFacts facts in partitions.Values)
        {
            facts.SeesAgain(host.Index, images.Newest); // also those that were closed in this very step
        }

        foreach (PartitionLoop replica in broker.Replicas)
        {
            FactsOf(replica.Partition).Sees(host.Index, replica, images.Newest);
        }

        if (isNewer)
        {
            foreach (PartitionFacts facts in partitions.Values)
            {
                facts.ImageChanged(images.Newest);
            }
        }
    }

    /// <summary>A process whose disk crashed inside this step: what it counted before that it may have told.</summary>
    public void Dying(SimulatedProcess process)
    {
        if (process.Index < hosts.Count && hosts[process.Index] is { Program: ClusterBroker { Broker: { } broker } } host && ReferenceEquals(processes[host.Index], process))
        {
            foreach (PartitionLoop replica in broker.Replicas)
            {
                FactsOf(replica.Partition).Counts(host.Index, replica, images.Newest);
            }
        }
    }

    private PartitionFacts FactsOf(TopicPartition partition)
    {
        if (!partitions.TryGetValue(partition, out PartitionFacts? facts))
        {
            bool isCompacted = Newest.TryGetTopic(partition.Topic, out TopicImage? topic) && topic.Settings.CleanupPolicy == CleanupPolicy.Compact;
            partitions.Add(partition, facts = new PartitionFacts(partition, isCompacted, hosts) { Disks = disks });
        }

        return facts;
    }

    /// <summary>Which registrations are of the disks that are there now.</summary>
    private void LookAtDisks()
    {
        for (int host = 0; host < hosts.Count; host++)
        {
            if (disks[host].Value == long.MaxValue && Newest.TryGetBroker(hosts[host].Node, out BrokerImage? broker) && broker.Incarnation == hosts[host].Incarnation)
            {
                disks[host] = broker.Epoch;
            }
        }
    }

    /// <summary>The disk of a host lost what was not flushed, or everything: what was durable is looked up again when its process is back.</summary>
    public void Wiped(int host)
    {
        disks[host] = new BrokerEpoch(long.MaxValue);
        foreach (PartitionFacts facts in partitions.Values)
        {
            facts.Wiped(host);
        }
    }
}
