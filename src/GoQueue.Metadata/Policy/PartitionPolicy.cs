using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>
/// What the controller does about one partition, whatever happened: one function of the view, so that a broker's death, a controlled stop, a drained
/// node, a return and the end of a reassignment need no code of their own, and a change that lost its race is simply found again.
/// </summary>
public static class PartitionPolicy
{
    /// <summary>The change that is due, or null. Deciding again after it took effect gives null.</summary>
    public static PartitionChange? Next(TopicImage topic, PartitionImage partition, ClusterView view) =>
        view.IsAtRest(partition) ? null : Repair(topic, partition, view) ?? ReassignmentPolicy.Complete(topic, partition, view);

    /// <summary>
    /// Takes those who are gone out of the ISR and gives the partition a leader. The ISR never becomes empty: when all of it is gone it stays as it is,
    /// and whoever of it returns first may lead. A leader that stops or is drained hands over to another of the ISR, if there is one (L1).
    /// </summary>
    private static PartitionChange? Repair(TopicImage topic, PartitionImage partition, ClusterView view)
    {
        NodeList present = partition.InSync.Where(node => !view.IsGone(node));
        NodeList inSync = present.Count > 0 ? present : partition.InSync;
        NodeId? leader = partition.Leader is { } current && view.IsGone(current) ? null : partition.Leader;
        bool shouldHandOver = leader is { } led && (view.IsStopping(led) || view.IsDraining(led));
        ElectionKind election = ElectionKind.Clean;
        if (leader is null)
        {
            NodeId? elected = ElectInSync(partition, inSync, view, mayDrain: true) ?? ElectEligible(partition, view);
            if (elected is null && topic.Settings.UncleanLeaderElection && present.Count == 0)
            {
                elected = ElectUnclean(partition, view);
                election = elected is null ? ElectionKind.Clean : ElectionKind.Unclean;
            }

            leader = elected;
            inSync = leader is { } winner && !inSync.Contains(winner) ? NodeList.Of(winner) : inSync;
        }
        else if (shouldHandOver)
        {
            leader = ElectInSync(partition, inSync, view, mayDrain: false) ?? leader;
        }

        inSync = election == ElectionKind.Clean && present.Count > 0 ? WithoutStopping(inSync, leader, view) : inSync;
        bool isSame = leader == partition.Leader && inSync.Equals(partition.InSync);
        return isSame ? null : new PartitionChange
        {
            Partition = new TopicPartition(topic.Id, partition.Index),
            Expected = partition.PartitionEpoch,
            Leader = leader,
            InSync = inSync,
            Election = election,
        };
    }

    /// <summary>Moves the leadership to the preferred replica when that one is in sync and may lead; null when there is nothing to do.</summary>
    public static PartitionChange? Prefer(TopicImage topic, PartitionImage partition, ClusterView view)
    {
        NodeId preferred = partition.PreferredLeader;
        bool isDue = partition.Leader is { } leader && leader != preferred && !partition.IsReassigning
            && partition.InSync.Contains(preferred) && view.MayLead(preferred) && !view.IsDraining(preferred);
        return isDue ? Lead(topic, partition, preferred) : null;
    }

    /// <summary>An operator names the leader. Codes: InvalidArgument (no replica), PreconditionFailed (not there, or not in sync and not forced).</summary>
    /// <param name="isForced">Also a replica that may lack acknowledged records.</param>
    public static Result<PartitionChange> Transfer(TopicImage topic, PartitionImage partition, NodeId to, bool isForced, ClusterView view)
    {
        if (!partition.Replicas.Contains(to))
        {
            return new Error(ErrorCode.InvalidArgument, $"{to} is no replica of partition {partition.Index} of topic {topic.Name}, whose replicas are {partition.Replicas}");
        }

        if (!view.MayLead(to))
        {
            return new Error(ErrorCode.PreconditionFailed, $"{to} is not there to lead partition {partition.Index} of topic {topic.Name}");
        }

        if (partition.InSync.Contains(to))
        {
            return Lead(topic, partition, to);
        }

        bool isEligible = partition.EligibleLeaders.Contains(to) && partition.Leader is null;
        return isEligible || isForced
            ? Lead(topic, partition, to) with { InSync = NodeList.Of(to), Election = isEligible ? ElectionKind.Clean : ElectionKind.Forced }
            : new Error(ErrorCode.PreconditionFailed, $"{to} is not in sync with partition {partition.Index} of topic {topic.Name}, whose ISR is {partition.InSync}");
    }

    /// <summary>
    /// A node reports that its own log of the partition failed: it leaves the ISR and the leadership if somebody else holds every committed record.
    /// Null when nobody does, or when it is out already.
    /// </summary>
    public static PartitionChange? WithoutFailed(TopicImage topic, PartitionImage partition, NodeId failed, ClusterView view)
    {
        NodeList inSync = partition.InSync.Where(node => node != failed && !view.IsGone(node));
        if (!partition.InSync.Contains(failed) || inSync.Count == 0)
        {
            return null;
        }

        NodeId? leader = partition.Leader == failed ? ElectInSync(partition, inSync, view, mayDrain: true) : partition.Leader;
        return new PartitionChange
        {
            Partition = new TopicPartition(topic.Id, partition.Index),
            Expected = partition.PartitionEpoch,
            Leader = leader,
            InSync = leader is { } led && !inSync.Contains(led) ? inSync.With(led) : inSync,
            Distrusted = NodeList.Of(failed),
        };
    }

    /// <summary>L1, first choice: in the order of preference, those that stay before those that a reassignment removes.</summary>
    internal static NodeId? ElectInSync(PartitionImage partition, NodeList inSync, ClusterView view, bool mayDrain)
    {
        NodeId? draining = null;
        foreach (NodeId node in partition.Target.With(partition.Replicas))
        {
            if (!inSync.Contains(node) || !view.MayLead(node))
            {
                continue;
            }

            if (!view.IsDraining(node))
            {
                return node;
            }

            draining ??= node;
        }

        return mayDrain ? draining : null;
    }

    /// <summary>L1, second choice: out of the ISR, but nothing was committed since.</summary>
    private static NodeId? ElectEligible(PartitionImage partition, ClusterView view)
    {
        NodeList eligible = partition.EligibleLeaders.Where(view.MayLead);
        return eligible.Count > 0 ? eligible[0] : null;
    }

    /// <summary>
    /// L1, last choice: who led last. Any replica only when that is not known (its disk was replaced): the longest log is likelier with the last leader
    /// than with whoever happens to be there.
    /// </summary>
    private static NodeId? ElectUnclean(PartitionImage partition, ClusterView view)
    {
        if (partition.LastKnownLeader is { } last)
        {
            return view.MayLead(last) ? last : null;
        }

        NodeId? before = partition.Leader;
        NodeList there = partition.Replicas.Where(view.MayLead);
        return before is not null || there.Count == 0 ? null : there[0];
    }

    /// <summary>Who is about to stop would hold the high watermark back; it leaves once it does not lead, unless it is the last that is there.</summary>
    private static NodeList WithoutStopping(NodeList inSync, NodeId? leader, ClusterView view)
    {
        NodeList staying = inSync.Where(node => node == leader || !view.IsStopping(node));
        return staying.Count > 0 ? staying : inSync;
    }

    private static PartitionChange Lead(TopicImage topic, PartitionImage partition, NodeId leader) => new()
    {
        Partition = new TopicPartition(topic.Id, partition.Index),
        Expected = partition.PartitionEpoch,
        Leader = leader,
        InSync = partition.InSync,
    };
}
