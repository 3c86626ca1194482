using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Metadata.Policy;

/// <summary>
/// Who votes. Up to five, and an odd number, because the even one more makes every decision dearer and saves nothing. One step at a time; the quorum itself
/// allows no more.
/// </summary>
public static class QuorumPolicy
{
    /// <summary>Most voters: survives two nodes that are gone. More would slow every decision.</summary>
    public const int MaxVoters = 5;

    /// <summary>What to do next, or null.</summary>
    /// <param name="returned">Nodes whose peer port proved another incarnation than the member has, and which: their old disk is gone.</param>
    /// <param name="deadAfter">Without contact for so long, a member of an old incarnation is given up.</param>
    public static QuorumStep? Next(QuorumStatus status, ClusterView view, IReadOnlyDictionary<NodeId, Guid> returned, TimeSpan deadAfter)
    {
        foreach (QuorumMemberStatus member in status.Members)
        {
            bool isOldDisk = returned.TryGetValue(member.Member.Node, out Guid now) && now != member.Member.Incarnation;
            if (isOldDisk && member.Member.Node != status.Leader && (member.SinceLastContact is not { } silent || silent >= deadAfter))
            {
                return new QuorumStep.Replace(member.Member, member.Member with { Incarnation = now });
            }
        }

        int voters = status.Members.Count(member => member.Role == QuorumRole.Voter);
        List<QuorumMemberStatus> ready = [.. status.Members.Where(member => IsReady(member, view))];
        int wanted = Math.Min(MaxVoters, voters + ready.Count);
        wanted -= wanted % 2 == 0 ? 1 : 0;
        return voters < wanted && ready.Count > 0 ? new QuorumStep.Promote(ready[0].Member) : null;
    }

    /// <summary>A learner that has caught up and whose broker is here with the same disk, and is meant to stay.</summary>
    private static bool IsReady(QuorumMemberStatus member, ClusterView view) =>
        member is { Role: QuorumRole.Learner, IsCaughtUp: true }
        && view.Image.TryGetBroker(member.Member.Node, out BrokerImage? broker)
        && broker.Incarnation == member.Member.Incarnation
        && broker.MayHostNew
        && !view.IsGone(broker.Node);
}

/// <summary>One change of who belongs to the quorum. A closed set.</summary>
public abstract record QuorumStep
{
    private QuorumStep()
    {
    }

    public sealed record Promote(QuorumMember Member) : QuorumStep;

    /// <summary>The old is taken out, then the new comes in as a learner.</summary>
    public sealed record Replace(QuorumMember Old, QuorumMember New) : QuorumStep;
}
