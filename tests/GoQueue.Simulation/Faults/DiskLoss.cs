using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.Hosts;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Faults;

/// <summary>
/// The loss of one disk, within what the cluster promises to bear: every partition of that node has all its replicas in sync and no change of that is under way, no
/// loss before is unrepaired, and until the cluster knows of it nothing else breaks. From then on anything may.
/// </summary>
internal sealed class DiskLoss(IReadOnlyList<SimulatedHost> hosts, Func<MetadataImage> newest)
{
    /// <summary>The disk is gone, and the cluster may not know it yet.</summary>
    public bool HasHappened { get; private set; }

    public SimulatedHost? Victim { get; private set; }

    public bool IsUnderWay => Victim is not null;

    public void Begin(SimulatedHost victim) => Victim = victim;

    public void End()
    {
        Victim = null;
        HasHappened = false;
    }

    public bool MayHappen() => !HasHappened && Victim is { IsUp: true, IsStopping: false } && hosts.All(host => !host.IsRetired) && IsWhole() && PartitionsAreWhole();

    /// <summary>Every node that is in service is there under its present disk, and nothing of the quorum is under way: it bears that one of them goes.</summary>
    public bool IsWhole() => AllAreThere() && QuorumIsWhole();

    public void Happen(CrashMode mode)
    {
        HasHappened = true;
        Victim!.Crash(mode);
        Victim.Wipe();
    }

    /// <summary>The cluster counts on the lost disk no more.</summary>
    public bool IsKnown() => HasHappened && (!newest().TryGetBroker(Victim!.Node, out BrokerImage? broker) || broker.IsFenced || broker.Incarnation == Victim.Incarnation);

    private bool AllAreThere()
    {
        MetadataImage image = newest();
        foreach (SimulatedHost host in hosts)
        {
            if (host.IsRetired)
            {
                continue;
            }

            bool isRegistered = image.TryGetBroker(host.Node, out BrokerImage? broker)
                && !broker.IsFenced && broker.Incarnation == host.Incarnation && host.Program is ClusterBroker program && program.Registration == broker.Epoch;
            if (!isRegistered || host is not { IsUp: true, Process.IsPaused: false, IsStopping: false })
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Three voters or more, none of them with a disk that is gone, and all agree on that: no change of them is under way. Nothing else is, either: what a node has asked for may
    /// take away the other replica. (A disk was full when a partition came, and the node reported that; the image says nothing of it until the report is decided.)
    /// </summary>
    private bool QuorumIsWhole()
    {
        bool hasLeader = false;
        foreach (SimulatedHost host in hosts)
        {
            if (host.IsRetired)
            {
                continue;
            }

            if (host.Program is not ClusterBroker { Quorum.Status: { } status, OpenProposals: 0 }
                || status.Members.Count(member => member.Role == QuorumRole.Voter) < 3
                || !status.Members.All(member => hosts.Any(known => known.Node == member.Member.Node && known.Incarnation == member.Member.Incarnation))
                || (status.IsLeader && !(status.AppliedIndex == status.CommitIndex && status.Members.All(member => member.MatchIndex == status.CommitIndex))))
            {
                return false;
            }

            hasLeader |= status.IsLeader;
        }

        return hasLeader;
    }

    /// <summary>
    /// A replica that could not be opened, on a full disk for one, stands in the ISR until that is reported. A leader that has asked for an ISR of itself alone, where the
    /// minimum is one, may be the only one in it before anybody sees that: with its disk the partition is gone then, and stays offline, as it has to (ADR 0009).
    /// </summary>
    private bool HasOpen(NodeId node, TopicPartition partition) => hosts.Any(host =>
        host.Node == node && host.Program is ClusterBroker { Broker: { } broker } && broker.Replicas.Any(loop => loop.Partition == partition && !loop.HasEnded && loop.Replica.PendingProposal is null));

    private bool PartitionsAreWhole()
    {
        foreach (TopicImage topic in newest().Topics)
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                bool isWhole = !partition.IsReassigning && partition.Replicas.Count > 1 && partition.InSync.Count == partition.Replicas.Count;
                if (partition.Replicas.Contains(Victim!.Node) && !(isWhole && partition.InSync.All(node => HasOpen(node, new TopicPartition(topic.Id, partition.Index)))))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
