using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>How much each broker that may get new replicas has: the measure of placing and balancing. Linear in the partitions when made.</summary>
internal sealed class BrokerLoads
{
    private readonly Dictionary<NodeId, int> places = [];
    private readonly int[] replicas;
    private readonly int[] leaders;

    private BrokerLoads(IReadOnlyList<BrokerImage> brokers)
    {
        Brokers = brokers;
        replicas = new int[brokers.Count];
        leaders = new int[brokers.Count];
        for (int i = 0; i < brokers.Count; i++)
        {
            places.Add(brokers[i].Node, i);
        }
    }

    /// <summary>In order of node ids.</summary>
    public IReadOnlyList<BrokerImage> Brokers { get; }

    /// <param name="brokers">Those that count.</param>
    public static BrokerLoads Of(MetadataImage image, IEnumerable<BrokerImage> brokers)
    {
        BrokerLoads loads = new([.. brokers]);
        foreach (TopicImage topic in image.Topics)
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                loads.Add(partition.Target, 1);
            }
        }

        return loads;
    }

    public static BrokerLoads Empty(IReadOnlyList<BrokerImage> brokers) => new(brokers);

    public bool Counts(NodeId node) => places.ContainsKey(node);

    public int ReplicasOf(int place) => replicas[place];

    /// <summary>Partitions that prefer it as their leader.</summary>
    public int LeadersOf(int place) => leaders[place];

    public int PlaceOf(NodeId node) => places[node];

    public void Add(NodeList target, int count)
    {
        for (int i = 0; i < target.Count; i++)
        {
            if (places.TryGetValue(target[i], out int place))
            {
                replicas[place] += count;
                leaders[place] += i == 0 ? count : 0;
            }
        }
    }
}
