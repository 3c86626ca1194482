using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>
/// One partition replicated by the book (R1-R5, E4) over the real metadata state and policies: nodes with logs, flushes, views of the metadata that lag, kills that
/// take what was not flushed, wrong suspicions. What was acknowledged is known, and so is whether it is still there.
/// </summary>
internal sealed class ReplicationModel
{
    private readonly Random random;
    private readonly bool flushes;
    private readonly TestCluster cluster;
    private readonly Replica[] replicas;
    private readonly List<int> acknowledged = [];
    private int nextRecord;

    public ReplicationModel(int seed, TopicFlushMode mode)
    {
        random = new Random(seed);
        flushes = mode == TopicFlushMode.Flush;
        int brokers = random.Next(3, 6);
        cluster = Of(brokers);
        replicas = [.. Enumerable.Range(0, brokers).Select(i => new Replica { Index = i, Node = Node(i), Epoch = cluster.Epoch(i) })];
        int factor = random.Next(3, brokers + 1);
        cluster.Create(1, NodeList.From(Enumerable.Range(0, factor).Select(Node)), minInSync: random.Next(4) == 0 ? factor : 2, mode);
        foreach (Replica replica in replicas)
        {
            Look(replica);
        }
    }

    public int Acknowledged => acknowledged.Count;

    public MetadataImage Image => cluster.Image;

    /// <summary>One thing happens. Answers what is broken, or null.</summary>
    public string? Step()
    {
        Replica replica = replicas[random.Next(replicas.Length)];
        switch (random.Next(60))
        {
            case < 8:
                Append(replica);
                break;
            case < 25:
                Fetch(replica);
                break;
            case < 34:
                Flush(replica);
                break;
            case < 39:
                Acknowledge(replica);
                break;
            case < 42:
                ProposeInSync(replica);
                break;
            case < 54:
                foreach (Replica looking in random.Next(2) == 0 ? replicas : [replica])
                {
                    Look(looking);
                }

                break;
            case 54:
                Kill(replica);
                break;
            case 55 or 56:
                Restart(replicas.FirstOrDefault(down => !down.IsUp) ?? replica);
                break;
            default:
                Control(random.Next(6) == 0 ? replica : null);
                break;
        }

        return FindLoss();
    }

    /// <summary>Everybody is up and informed. Answers what is broken, or null.</summary>
    public string? Heal()
    {
        foreach (Replica replica in replicas)
        {
            Restart(replica);
        }

        Control(suspected: null);
        foreach (Replica replica in replicas)
        {
            Look(replica);
        }

        return cluster.Partition().Leader is null ? $"nobody leads: {cluster.Partition()}" : FindLoss();
    }

    private void Append(Replica replica)
    {
        if (Leads(replica))
        {
            replica.Log.Add(nextRecord++);
        }
    }

    private static void Flush(Replica replica) => replica.Durable = replica.IsUp ? replica.Log.Count : replica.Durable;

    private void Fetch(Replica follower)
    {
        PartitionImage seen = Partition(follower);
        if (!follower.IsUp || seen.Leader is not { } node || node == follower.Node || !seen.Replicas.Contains(follower.Node))
        {
            return;
        }

        Replica leader = replicas.Single(replica => replica.Node == node);
        if (!Leads(leader) || Partition(leader).LeaderEpoch != seen.LeaderEpoch)
        {
            return;
        }

        int common = 0;
        while (common < follower.Log.Count && common < leader.Log.Count && follower.Log[common] == leader.Log[common])
        {
            common++;
        }

        follower.Log.RemoveRange(common, follower.Log.Count - common);
        follower.Durable = Math.Min(follower.Durable, common);
        leader.Ends[follower.Node] = (Counted(follower), follower.Epoch);
        follower.Log.AddRange(leader.Log.Skip(common).Take(random.Next(4)));
    }

    private void Acknowledge(Replica leader)
    {
        if (!Leads(leader))
        {
            return;
        }

        PartitionImage seen = Partition(leader);
        if (seen.InSync.Count < cluster.Topic().Settings.MinInSyncReplicas)
        {
            return;
        }

        int mark = Counted(leader);
        foreach (NodeId member in seen.InSync.With(leader.Proposed))
        {
            mark = member == leader.Node ? mark : Math.Min(mark, leader.Ends.TryGetValue(member, out var known) ? known.End : 0);
        }

        leader.Mark = Math.Max(leader.Mark, mark);
        for (int i = acknowledged.Count; i < leader.Mark; i++)
        {
            acknowledged.Add(leader.Log[i]);
        }
    }

    private void ProposeInSync(Replica leader)
    {
        if (!Leads(leader))
        {
            return;
        }

        PartitionImage seen = Partition(leader);
        bool shrinks = random.Next(3) == 0;
        List<InSyncMember> members = [new(leader.Node, leader.Epoch)];
        foreach (NodeId node in seen.Replicas.Without(leader.Node))
        {
            bool isIn = seen.InSync.Contains(node);
            bool isKnown = leader.Ends.TryGetValue(node, out (int End, BrokerEpoch Epoch) end);
            bool mayJoin = isKnown && end.End >= leader.Mark && end.End >= leader.EpochStart;
            if ((isIn || mayJoin) && isKnown && !(shrinks && random.Next(2) == 0))
            {
                members.Add(new InSyncMember(node, end.Epoch));
            }
        }

        leader.Proposed = leader.Proposed.With(NodeList.From(members.Select(member => member.Node)));
        MetadataOutcome outcome = cluster.Apply(new AlterInSyncCommand(
            new TopicPartition(Sample.Id(1), new PartitionIndex(0)), leader.Node, seen.LeaderEpoch, seen.PartitionEpoch, members));
        leader.Proposed = outcome.IsRefused ? NodeList.Empty : leader.Proposed;
    }

    /// <summary>The node applies the metadata up to now.</summary>
    private void Look(Replica replica)
    {
        if (!replica.IsUp)
        {
            return;
        }

        LeaderEpoch before = replica.View is null ? LeaderEpoch.None : Partition(replica).LeaderEpoch;
        replica.View = cluster.Image;
        replica.Proposed = NodeList.Empty;
        PartitionImage now = Partition(replica);
        if (now.LeaderEpoch != before)
        {
            replica.Ends.Clear();
            replica.EpochStart = replica.Log.Count;
            replica.Mark = Math.Min(replica.Mark, replica.Log.Count);
        }
    }

    private void Kill(Replica replica)
    {
        if (replica.IsUp)
        {
            replica.IsUp = false;
            int left = random.Next(replica.Durable, replica.Log.Count + 1);
            replica.Log.RemoveRange(left, replica.Log.Count - left);
            replica.Durable = left;
        }
    }

    private void Restart(Replica replica)
    {
        if (!replica.IsUp)
        {
            replica.IsUp = true;
            replica.Epoch = cluster.Register(replica.Node).Epoch;
            replica.View = null;
            replica.Mark = 0;
            Look(replica);
        }
    }

    /// <summary>The controller fences who is gone, and one more that it takes for gone, and settles the partitions.</summary>
    private void Control(Replica? suspected)
    {
        foreach (Replica replica in replicas)
        {
            BrokerImage broker = cluster.Broker(replica.Index);
            bool isGone = !replica.IsUp || replica == suspected;
            if (isGone != broker.IsFenced)
            {
                cluster.Apply(new AlterBrokerCommand(broker.Node, broker.Epoch, isGone ? BrokerChange.Fence : BrokerChange.Unfence));
            }
        }

        cluster.Settle();
        if (random.Next(4) == 0)
        {
            foreach (PartitionChange change in ControllerPolicy.PreferredLeaders(cluster.View, 10))
            {
                cluster.Decide(change);
            }
        }
    }

    private string? FindLoss()
    {
        PartitionImage now = cluster.Partition();
        Replica? leader = replicas.SingleOrDefault(replica => replica.Node == now.Leader);
        bool leadsNow = leader is not null && leader.IsUp && Partition(leader).LeaderEpoch == now.LeaderEpoch;
        if (!leadsNow || leader!.Log.Take(acknowledged.Count).SequenceEqual(acknowledged))
        {
            return null;
        }

        return $"{leader.Node} leads {now} with [{string.Join(' ', leader.Log)}], acknowledged is [{string.Join(' ', acknowledged)}]";
    }

    private bool Leads(Replica replica) => replica.IsUp && Partition(replica).Leader == replica.Node;

    /// <summary>Flush, then count; or count at once.</summary>
    private int Counted(Replica replica) => flushes ? replica.Durable : replica.Log.Count;

    private static PartitionImage Partition(Replica replica) =>
        replica.View!.TryGetTopic(Sample.Id(1), out TopicImage? topic) ? topic.Partitions[0] : throw new InvalidOperationException("the topic is there from the start");

    private sealed class Replica
    {
        public required int Index { get; init; }

        public required NodeId Node { get; init; }

        public required BrokerEpoch Epoch { get; set; }

        public bool IsUp { get; set; } = true;

        public List<int> Log { get; } = [];

        public int Durable { get; set; }

        public MetadataImage? View { get; set; }

        // Of a leader.
        public SortedDictionary<NodeId, (int End, BrokerEpoch Epoch)> Ends { get; } = [];

        public NodeList Proposed { get; set; } = NodeList.Empty;

        public int Mark { get; set; }

        public int EpochStart { get; set; }
    }
}
