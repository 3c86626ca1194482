using GoQueue.Core;

namespace GoQueue.Replication.Tests.Randomised;

/// <summary>
/// The metadata of one partition and the elections over it, as the real controller decides them (L1 to L4, R6). Its decisions are committed at once;
/// every node learns of them when the model says so.
/// </summary>
internal sealed class ModelController
{
    private readonly SortedDictionary<string, (long Epoch, bool Fenced)> brokers = new(StringComparer.Ordinal);
    private readonly NodeId[] replicas;
    private readonly int minInSync;
    private readonly bool isUncleanAllowed;
    private long nextBrokerEpoch;
    private int leaderEpoch;
    private int partitionEpoch;
    private NodeId? leader;

    public ModelController(NodeId[] replicas, int minInSync, bool isUncleanAllowed)
    {
        this.replicas = replicas;
        this.minInSync = minInSync;
        this.isUncleanAllowed = isUncleanAllowed;
        InSync = [.. replicas];
        foreach (NodeId node in replicas)
        {
            brokers[node.Value] = (++nextBrokerEpoch, false);
        }

        leader = replicas[0];
    }

    public List<NodeId> InSync { get; private set; }

    public List<NodeId> Eligible { get; private set; } = [];

    public int UncleanElections { get; private set; }

    public PartitionView View => new(
        new LeaderEpoch(leaderEpoch),
        new PartitionEpoch(partitionEpoch),
        leader,
        [.. replicas.Select(node => new ReplicaView(node, new BrokerEpoch(brokers[node.Value].Epoch), InSync.Contains(node), !brokers[node.Value].Fenced))],
        minInSync);

    public BrokerEpoch EpochOf(NodeId node) => new(brokers[node.Value].Epoch);

    public void Fence(NodeId node)
    {
        brokers[node.Value] = (brokers[node.Value].Epoch, true);
        if (InSync.Contains(node))
        {
            Change([.. InSync.Where(member => member != node)]);
        }

        if (leader == node)
        {
            Elect();
        }
    }

    /// <summary>A node starts: a new broker epoch. A wiped disk counts for nothing from here on (L3). Fenced until it reports in.</summary>
    public BrokerEpoch Register(NodeId node, bool isWiped)
    {
        brokers[node.Value] = (++nextBrokerEpoch, true);
        if (InSync.Contains(node))
        {
            Change([.. InSync.Where(member => member != node)]);
        }

        if (isWiped)
        {
            Eligible.Remove(node);
        }

        if (leader == node)
        {
            Elect();
        }

        partitionEpoch++;
        return EpochOf(node);
    }

    public void Unfence(NodeId node)
    {
        brokers[node.Value] = (brokers[node.Value].Epoch, false);
        partitionEpoch++;
        if (leader is null)
        {
            Elect();
        }
    }

    /// <summary>Moves the leadership within the in-sync set.</summary>
    public void Prefer(NodeId node)
    {
        if (leader is not null && leader != node && InSync.Contains(node) && !brokers[node.Value].Fenced)
        {
            Lead(node);
        }
    }

    /// <summary>R6: compare and set, with the registrations of all members.</summary>
    public ProposalOutcome Alter(InSyncProposal proposal)
    {
        bool isBased = proposal.LeaderEpoch.Value == leaderEpoch && proposal.PartitionEpoch.Value == partitionEpoch && leader is not null;
        bool isCurrent = proposal.InSync.All(member => brokers[member.Node.Value] is var known && known.Epoch == member.BrokerEpoch.Value && !known.Fenced);
        if (!isBased || !isCurrent)
        {
            return ProposalOutcome.Refused;
        }

        Change([.. proposal.InSync.Select(member => member.Node)]);
        return ProposalOutcome.Accepted;
    }

    /// <summary>L2: below the minimum those who leave stay eligible; at the minimum or above nobody is.</summary>
    private void Change(List<NodeId> next)
    {
        List<NodeId> left = [.. InSync.Where(member => !next.Contains(member))];
        InSync = next;
        Eligible = next.Count >= Math.Min(minInSync, replicas.Length) ? [] : [.. Eligible.Concat(left).Distinct().Where(member => !next.Contains(member))];
        partitionEpoch++;
    }

    /// <summary>L1: in sync, else eligible, else (if allowed) whoever led last, else nobody.</summary>
    private void Elect()
    {
        NodeId? Live(IEnumerable<NodeId> among) => replicas.Where(node => among.Contains(node) && !brokers[node.Value].Fenced).Select(node => (NodeId?)node).FirstOrDefault();

        if (Live(InSync) is { } inSync)
        {
            Lead(inSync);
        }
        else if (Live(Eligible) is { } eligible)
        {
            Change([eligible]);
            Lead(eligible);
        }
        else if (isUncleanAllowed && Live(replicas) is { } any)
        {
            UncleanElections++;
            InSync = [any];
            Eligible = [];
            Lead(any);
        }
        else if (leader is not null)
        {
            leader = null;
            leaderEpoch++;
            partitionEpoch++;
        }
    }

    private void Lead(NodeId node)
    {
        leader = node;
        leaderEpoch++;
        partitionEpoch++;
    }
}
