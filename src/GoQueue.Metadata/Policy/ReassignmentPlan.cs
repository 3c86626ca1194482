using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>
/// Works out which replicas to move. First every partition gets as many replicas as its topic wants, on brokers that take them (not drained, not
/// stopping); then, unless it is only about one node, replicas go from full brokers to empty ones as long as that evens them out, and the preferred
/// leaders are spread. Moves as little as that takes, prefers racks that the partition is not on, and is the same for the same image.
/// </summary>
public sealed class ReassignmentPlan
{
    private const int MaxPasses = 8;

    private readonly MetadataImage image;
    private readonly BrokerLoads loads;
    private readonly Dictionary<NodeId, string?> racks = [];
    private readonly List<(TopicImage Topic, PartitionImage Partition, NodeList Target)> partitions = [];

    private ReassignmentPlan(MetadataImage image)
    {
        this.image = image;
        loads = BrokerLoads.Of(image, image.Brokers.Where(broker => broker.MayHostNew));
        foreach (BrokerImage broker in image.Brokers)
        {
            racks.Add(broker.Node, broker.Rack);
        }
    }

    /// <summary>Evens out the whole cluster, or these topics: what to do after a node was added. Codes: InvalidReplicationFactor.</summary>
    /// <param name="topics">Null for all.</param>
    public static Result<IReadOnlyList<ReplicaMove>> Balance(MetadataImage image, IReadOnlyCollection<string>? topics = null)
    {
        ReassignmentPlan plan = new(image);
        foreach (TopicImage topic in image.Topics.Where(topic => topics is null || topics.Contains(topic.Name)))
        {
            if (plan.Fill(topic, static _ => true) is { } error)
            {
                return error;
            }
        }

        plan.EvenReplicas();
        plan.EvenLeaders();
        return plan.Moves();
    }

    /// <summary>Empties one node, touching nothing else. Codes: InvalidReplicationFactor when the others are too few.</summary>
    public static Result<IReadOnlyList<ReplicaMove>> Drain(MetadataImage image, NodeId node)
    {
        ReassignmentPlan plan = new(image);
        foreach (TopicImage topic in image.TopicsOn(node))
        {
            if (plan.Fill(topic, partition => partition.Target.Contains(node), without: node) is { } error)
            {
                return error;
            }
        }

        return plan.Moves();
    }

    private List<ReplicaMove> Moves() =>
        [.. partitions
            .Where(entry => !entry.Target.Equals(entry.Partition.Target))
            .Select(entry => new ReplicaMove(new TopicPartition(entry.Topic.Id, entry.Partition.Index), entry.Topic.Name, entry.Partition.Target, entry.Target))];

    private Error? Fill(TopicImage topic, Func<PartitionImage, bool> isMeant, NodeId? without = null)
    {
        int wanted = topic.Settings.ReplicationFactor;
        foreach (PartitionImage partition in topic.Partitions.Where(isMeant))
        {
            NodeList target = partition.Target;
            NodeList kept = target.Where(node => loads.Counts(node) && node != without);
            int count = without is null ? wanted : target.Count;
            while (kept.Count > count)
            {
                kept = kept.Without(MostLoaded(kept));
            }

            // A new replica takes the place of one that goes, so that the preferred leader stays where it can.
            while (kept.Count < count)
            {
                if (LeastLoaded(kept, without) is not { } node)
                {
                    return new Error(ErrorCode.InvalidReplicationFactor, $"partition {partition.Index} of topic {topic.Name} needs {count} brokers that take new replicas; there are {loads.Brokers.Count(broker => broker.Node != without)}");
                }

                kept = kept.With(node);
            }

            loads.Add(target, -1);
            loads.Add(kept, 1);
            partitions.Add((topic, partition, kept));
        }

        return null;
    }

    /// <summary>The last of the most loaded, so that the preferred leader is the last to go.</summary>
    private NodeId MostLoaded(NodeList nodes)
    {
        NodeId most = nodes[^1];
        for (int i = nodes.Count - 2; i >= 0; i--)
        {
            most = loads.ReplicasOf(loads.PlaceOf(nodes[i])) > loads.ReplicasOf(loads.PlaceOf(most)) ? nodes[i] : most;
        }

        return most;
    }

    private NodeId? LeastLoaded(NodeList except, NodeId? without)
    {
        NodeId? best = null;
        (int, int) bestCost = default;
        for (int place = 0; place < loads.Brokers.Count; place++)
        {
            NodeId node = loads.Brokers[place].Node;
            if (except.Contains(node) || node == without)
            {
                continue;
            }

            (int, int) cost = (Crowding(except, node), loads.ReplicasOf(place));
            if (best is null || cost.CompareTo(bestCost) < 0)
            {
                (best, bestCost) = (node, cost);
            }
        }

        return best;
    }

    /// <summary>Replicas that stand on the rack of this node already.</summary>
    private int Crowding(NodeList replicas, NodeId node) =>
        racks[node] is { } rack ? replicas.Count(other => other != node && racks.GetValueOrDefault(other) == rack) : 0;

    private void EvenReplicas()
    {
        bool moved = true;
        for (int pass = 0; pass < MaxPasses && moved; pass++)
        {
            moved = false;
            for (int i = 0; i < partitions.Count; i++)
            {
                NodeList target = partitions[i].Target;
                foreach (NodeId full in target)
                {
                    NodeList others = target.Without(full);
                    if (LeastLoaded(target, null) is { } empty
                        && loads.ReplicasOf(loads.PlaceOf(full)) - loads.ReplicasOf(loads.PlaceOf(empty)) > 1
                        && Crowding(others, empty) <= Crowding(others, full))
                    {
                        Retarget(i, NodeList.From(target.Select(node => node == full ? empty : node)));
                        moved = true;
                        break;
                    }
                }
            }
        }
    }

    private void EvenLeaders()
    {
        bool moved = true;
        for (int pass = 0; pass < MaxPasses && moved; pass++)
        {
            moved = false;
            for (int i = 0; i < partitions.Count; i++)
            {
                NodeList target = partitions[i].Target;
                int leads = loads.LeadersOf(loads.PlaceOf(target[0]));
                NodeId best = target.MinBy(node => loads.LeadersOf(loads.PlaceOf(node)));
                if (leads - loads.LeadersOf(loads.PlaceOf(best)) > 1)
                {
                    Retarget(i, NodeList.Of(best).With(target));
                    moved = true;
                }
            }
        }
    }

    private void Retarget(int at, NodeList target)
    {
        loads.Add(partitions[at].Target, -1);
        loads.Add(target, 1);
        partitions[at] = partitions[at] with { Target = target };
    }
}
