using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>
/// Where the replicas of new partitions go: each on nodes of its own, on as many racks as there are, and evenly, within the topic first and within the
/// cluster next. Deterministic: the seed only breaks ties, so that small topics do not all begin on the same node.
/// </summary>
public static class Placement
{
    /// <summary>
    /// One partition for each place asked for, with equal key ranges to be given by the caller. Brokers that are fenced are used only when there are not
    /// enough others, never lead, and begin outside the ISR. Codes: InvalidReplicationFactor, MetadataUnavailable (no broker may lead now).
    /// </summary>
    /// <param name="seed">Any number that differs from topic to topic, such as bits of the topic's id.</param>
    public static Result<IReadOnlyList<PartitionImage>> Place(MetadataImage image, int firstIndex, IReadOnlyList<HashRange> ranges, int replicationFactor, int seed)
    {
        List<BrokerImage> brokers = [.. image.Brokers.Where(broker => broker.MayHostNew)];
        int usable = brokers.Count;
        if (usable < replicationFactor)
        {
            brokers.AddRange(image.Brokers.Where(broker => broker.IsFenced && !broker.IsDraining && !broker.IsStopping));
            brokers.Sort(static (left, right) => left.Node.CompareTo(right.Node));
        }

        if (brokers.Count < replicationFactor)
        {
            return new Error(ErrorCode.InvalidReplicationFactor, $"{replicationFactor} replicas need as many brokers that take new ones; there are {brokers.Count}");
        }

        if (usable == 0)
        {
            return new Error(ErrorCode.MetadataUnavailable, "no broker is there to lead new partitions; repeat");
        }

        Placer placer = new(image, brokers, seed);
        PartitionImage[] partitions = new PartitionImage[ranges.Count];
        for (int i = 0; i < partitions.Length; i++)
        {
            NodeList replicas = placer.Next(replicationFactor);
            PartitionImage partition = PartitionImage.New(new PartitionIndex(firstIndex + i), ranges[i], replicas);
            NodeList inSync = replicas.Where(node => image.TryGetBroker(node, out BrokerImage? broker) && !broker.IsFenced);
            partitions[i] = partition with { InSync = inSync.Count == replicas.Count ? replicas : inSync };
        }

        return partitions;
    }

    /// <summary>Equal parts of the whole hash space.</summary>
    public static IReadOnlyList<HashRange> EqualRanges(int count)
    {
        HashRange[] ranges = new HashRange[count];
        for (int i = 0; i < count; i++)
        {
            ranges[i] = HashRange.Equal(i, count);
        }

        return ranges;
    }

    /// <summary>Chooses one partition after the other; what it gave out counts for the next.</summary>
    private sealed class Placer
    {
        private readonly BrokerLoads cluster;
        private readonly BrokerLoads topic;
        private readonly int[] turn; // the tie-break: places in an order that differs from topic to topic
        private readonly List<NodeId> chosen = [];
        private readonly List<string?> racks = [];

        public Placer(MetadataImage image, IReadOnlyList<BrokerImage> brokers, int seed)
        {
            cluster = BrokerLoads.Of(image, brokers);
            topic = BrokerLoads.Empty(brokers);
            turn = new int[brokers.Count];
            int first = (int)((uint)seed % (uint)brokers.Count);
            for (int i = 0; i < turn.Length; i++)
            {
                turn[i] = (i - first + turn.Length) % turn.Length;
            }
        }

        public NodeList Next(int replicationFactor)
        {
            chosen.Clear();
            racks.Clear();
            while (chosen.Count < replicationFactor)
            {
                BrokerImage best = topic.Brokers[Best()];
                chosen.Add(best.Node);
                racks.Add(best.Rack);
            }

            NodeList replicas = NodeList.From(chosen);
            topic.Add(replicas, 1);
            cluster.Add(replicas, 1);
            return replicas;
        }

        private int Best()
        {
            int best = -1;
            for (int place = 0; place < turn.Length; place++)
            {
                if (!chosen.Contains(topic.Brokers[place].Node) && (best < 0 || Cost(place).CompareTo(Cost(best)) < 0))
                {
                    best = place;
                }
            }

            return best;
        }

        /// <summary>
        /// Smaller is better: not fenced; then, for a leader, few led here and elsewhere; for the others a rack that the partition is not on; then few
        /// replicas here and elsewhere.
        /// </summary>
        private (int, int, int, int, int, int) Cost(int place)
        {
            BrokerImage broker = topic.Brokers[place];
            bool leads = chosen.Count == 0;
            int first = leads ? topic.LeadersOf(place) : broker.Rack is { } rack ? racks.Count(taken => taken == rack) : 0;
            return (broker.IsFenced ? 1 : 0, first, topic.ReplicasOf(place), leads ? cluster.LeadersOf(place) : 0, cluster.ReplicasOf(place), turn[place]);
        }
    }
}
