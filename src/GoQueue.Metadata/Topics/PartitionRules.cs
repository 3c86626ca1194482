using GoQueue.Core;
using GoQueue.Metadata.Commands;

namespace GoQueue.Metadata.Topics;

/// <summary>How a partition gets from one state to the next. Every change of a leader, ISR or ELR is made here.</summary>
internal static class PartitionRules
{
    /// <summary>
    /// The state after a decision. L2: who leaves an ISR that is then below the minimum stays eligible, because nothing is committed without it; at or
    /// above the minimum nobody is. An election that is not clean gives up what the others hold, so nobody stays eligible beside its leader.
    /// </summary>
    public static PartitionImage Next(PartitionImage before, NodeId? leader, NodeList inSync, ReplicaAssignment? assignment, NodeList distrusted, ElectionKind election, int minInSync)
    {
        NodeList replicas = assignment?.Replicas ?? before.Replicas;
        NodeList isr = replicas.Where(inSync.Contains);
        bool mayBeEligible = isr.Count < minInSync && election == ElectionKind.Clean;
        NodeList elr = !mayBeEligible
            ? NodeList.Empty
            : replicas.Where(node => (before.InSync.Contains(node) || before.EligibleLeaders.Contains(node)) && !isr.Contains(node) && !distrusted.Contains(node));
        if (isr.Count == 0 && leader is null)
        {
            (isr, elr) = (elr, NodeList.Empty); // they hold every committed record, which is what being in sync means
        }

        NodeId? last = leader is null ? before.Leader ?? before.LastKnownLeader : null;
        PartitionImage after = before with
        {
            Replicas = replicas,
            InSync = isr.Equals(replicas) ? replicas : isr,
            EligibleLeaders = elr,
            Leader = leader,
            LeaderEpoch = leader == before.Leader ? before.LeaderEpoch : new LeaderEpoch(checked(before.LeaderEpoch.Value + 1)),
            PartitionEpoch = before.PartitionEpoch.Next,
            LastKnownLeader = last is { } known && replicas.Contains(known) ? known : null,
            Adding = assignment?.Adding ?? before.Adding,
            Removing = assignment?.Removing ?? before.Removing,
        };
        Check(before, after, election, minInSync);
        return after;
    }

    /// <summary>A broker came back: it leads nothing any more, and may have lost its place in ISR and ELR.</summary>
    public static PartitionImage WithoutReturned(PartitionImage before, NodeId node, bool losesPlace, int minInSync)
    {
        NodeId? leader = before.Leader == node ? null : before.Leader;
        NodeList inSync = losesPlace ? before.InSync.Without(node) : before.InSync;
        return Next(before, leader, inSync, null, losesPlace ? NodeList.Of(node) : NodeList.Empty, ElectionKind.Clean, minInSync);
    }

    /// <summary>What holds whatever was asked for (M1-M3, L1, L2). Breaking it is a bug here.</summary>
    private static void Check(PartitionImage before, PartitionImage after, ElectionKind election, int minInSync)
    {
        if (after.FindFault() is { } fault)
        {
            throw new InvariantViolationException($"partition {after.Index} fits together: {fault}");
        }

        Invariant.Check(after.Leader is null || after.Leader == before.Leader || after.LeaderEpoch > before.LeaderEpoch, "M1: a new leader has a new epoch");
        Invariant.Check(
            after.Leader is not { } leader || election != ElectionKind.Clean || before.InSync.Contains(leader) || before.EligibleLeaders.Contains(leader),
            "M3: a leader comes from ISR or ELR unless the election is marked unclean");
        Invariant.Check(after.EligibleLeaders.Count == 0 || after.InSync.Count < minInSync, "L2: with enough in sync nobody is in the ELR", 0, after.EligibleLeaders.Count);
    }
}
