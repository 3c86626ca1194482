using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Formation;

/// <summary>The coordinator's part: finds that it is the lowest of a complete set, proposes, and decides when every member has accepted.</summary>
public sealed partial class FormationMachine
{
    private void Coordinate(TimeSpan now)
    {
        if (Record is { Stage: FormationStage.Accepted } held && IsMine(held.Proposal) && EveryMemberAccepted(held))
        {
            Record = held with { Stage = FormationStage.Formed };
            objection = string.Empty;
            return;
        }

        if (CompleteSet(now) is not { } set || set[0].Node != options.Self)
        {
            return; // not all are there, or a lower one coordinates
        }

        if (Record is { Stage: FormationStage.Accepted } waiting)
        {
            if (!IsMine(waiting.Proposal))
            {
                waitingFor = $"this node accepted what node {waiting.Proposal.Coordinator} proposed, and waits for its decision";
                return;
            }

            if (StillHolds(waiting.Genesis, set))
            {
                waitingFor = $"waiting for nodes to accept: {string.Join(", ", Members(waiting.Genesis).Where(member => !HasAccepted(member, waiting)).Select(member => member.Node))}";
                return;
            }
        }

        Propose(set);
    }

    /// <summary>A new proposal, which replaces one of this node that was not decided: it was not decided by this disk, and so by nobody.</summary>
    private void Propose(List<QuorumMember> set)
    {
        long attempt = OwnAttempts + 1;
        Guid id = newId();
        int voters = Math.Min(set.Count, Genesis.MaxVoters);
        Genesis genesis = new(options.ClusterId ?? newId().ToString("N"), set[..voters], set[voters..]);
        if (genesis.Validate() is { } refused)
        {
            waitingFor = $"the nodes that are there cannot form a cluster: {refused.Detail}";
            return;
        }

        Record = new FormationRecord(FormationStage.Accepted, new FormationProposal(options.Self, options.Incarnation, attempt, id), genesis, attempt);
        if (set.Count == 1)
        {
            Record = Record with { Stage = FormationStage.Formed };
        }
    }

    private bool EveryMemberAccepted(FormationRecord held) => Members(held.Genesis).All(member => HasAccepted(member, held));

    private bool HasAccepted(QuorumMember member, FormationRecord held) =>
        member.Node == options.Self ||
        (others.TryGetValue(member.Node, out Seen seen) && seen.View.Incarnation == member.Incarnation &&
            seen.View.Record is { Stage: FormationStage.Accepted } theirs && theirs.Proposal.Id == held.Proposal.Id);

    /// <summary>
    /// Also a node more makes a new proposal: it may coordinate one of its own that has some of the same members, and then each would wait for
    /// the other for ever; named by this one it gives way.
    /// </summary>
    private static bool StillHolds(Genesis genesis, List<QuorumMember> set) => set.Count == Members(genesis).Count() && Members(genesis).All(set.Contains);

    /// <summary>The nodes that are there, by id; null while some are missing, and then the problem says which.</summary>
    private List<QuorumMember>? CompleteSet(TimeSpan now)
    {
        SortedDictionary<NodeId, QuorumMember> there = [];
        if (MemberAt(View) is { } self)
        {
            there[self.Node] = self;
        }

        foreach (Seen seen in others.Values)
        {
            bool isFresh = now - seen.At < options.Fresh;
            bool isWanted = !options.IsStatic || options.Members.Any(member => member.Node == seen.View.Node);
            if (isFresh && isWanted && seen.View.Record is not { IsDecided: true } && MemberAt(seen.View) is { } member)
            {
                there[member.Node] = member;
            }
        }

        if (options.IsStatic)
        {
            NodeId[] missing = [.. options.Members.Select(member => member.Node).Where(node => !there.ContainsKey(node))];
            if (missing.Length > 0)
            {
                waitingFor = $"waiting for nodes of the list that have not been heard: {string.Join(", ", missing)}";
                return null;
            }
        }
        else if (there.Count < options.ExpectedNodes || !there.ContainsKey(options.Self))
        {
            waitingFor = $"{there.Count} of {options.ExpectedNodes} expected nodes are there: {string.Join(", ", there.Keys)}" +
                (there.ContainsKey(options.Self) ? string.Empty : "; this node has not found its own address yet, give it one to advertise");
            return null;
        }

        return [.. there.Values];
    }

    /// <summary>A node with the address that it wants, or the one it was found at. A static list has the last word.</summary>
    private QuorumMember? MemberAt(FormationView view)
    {
        bool isKnown = addresses.TryGetValue(view.Node, out PeerAddress? address);
        if (isKnown && (options.IsStatic || view.Host.Length == 0))
        {
            return new QuorumMember(view.Node, view.Incarnation, address!.Host, address.Port);
        }

        return view.Host.Length > 0 && view.Port > 0 ? new QuorumMember(view.Node, view.Incarnation, view.Host, view.Port) : null;
    }
}
